import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderComment } from '../../src/reports/render-comment.ts';
import {
  attribute,
  failure,
  known,
  networkProd,
  plan,
  pullRequest,
  resource,
  run,
  stack,
  twelveStacks,
} from './example-facts.ts';

test('one stack with changes', () => {
  assert.equal(
    renderComment(pullRequest([networkProd()])),
    `<!-- zenfra:v1 pr=42 sha=4f2c9d1 -->
### Zenfra · 1 stack · 1 to add, 2 to change, 1 to destroy

> [!CAUTION]
> **1 resource will be destroyed:** \`aws_db_instance.legacy\`

| Stack | Plan | Add | Change | Destroy | Run |
| :-- | :-- | --: | --: | --: | :-- |
| **network-prod** | 🟡 Ready to apply | 1 | 2 | 1 | [#128](https://zenfra.example.com/runs/01K9-128) · 47s |

<details open><summary><b>network-prod</b> · <code>infra/network</code> · 4 changes, 1 import, 1 move</summary>

\`\`\`diff
- aws_db_instance.legacy                        # will be destroyed (not in configuration)

! aws_instance.web                              # updated in-place
!   instance_type = "t3.small" -> "t3.medium"
!   user_data     = (sensitive value)

+ aws_s3_bucket.logs                            # will be created
+   bucket = "acme-logs"
+   arn    = (known after apply)

! module.dns.aws_route53_record.www["a"]        # imported from Z1ABC_www_A, then updated in-place
\`\`\`

**Moved** \`aws_instance.old\` → \`aws_instance.web\`
**Outputs** \`~ web_ip\` (known after apply) · \`+ log_bucket\`
**Changed outside OpenTofu** \`aws_security_group.web\` (ingress) — [see drift](https://zenfra.example.com/runs/01K9-128#drift)
⚠️ 1 warning: \`aws_s3_bucket.logs\` — Argument is deprecated ([main.tf:31](https://github.com/acme/infra/blob/4f2c9d1/infra/network/main.tf#L31))

</details>

**To apply this plan**, comment:
\`\`\`
/approve
\`\`\`
<sub>Also: \`/plan\` to plan again · \`/discard\` · \`/help\` — plan of [\`4f2c9d1\`](https://github.com/acme/infra/commit/4f2c9d1) · OpenTofu 1.10.6 · <a href="https://zenfra.example.com/runs/01K9-128">full log and raw plan</a></sub>`,
  );
});

test('of a text that becomes unknown its own lines are counted', () => {
  const changes = [1, 2].map((lines) =>
    attribute(`text_${lines}`, known(`<<-EOT\n${'a\n'.repeat(lines)}EOT`), { kind: 'unknown' }),
  );
  const comment = renderComment(
    pullRequest([stack('a', { run: run(1, { plan: plan([resource('a.b', 'update', { attributes: changes })]) }) })]),
  );
  assert.deepEqual(comment.match(/^! {3}text_.*$/gm), [
    '!   text_1 = (1 line) -> (known after apply)',
    '!   text_2 = (2 lines) -> (known after apply)',
  ]);
});

test('twelve stacks', () => {
  const facts = pullRequest(twelveStacks(), {
    number: 57,
    headSha: '9b1d0aa',
    runsUrl: 'https://zenfra.example.com/pr/acme/infra/57',
  });
  assert.equal(
    renderComment(facts),
    `<!-- zenfra:v1 pr=57 sha=9b1d0aa -->
### Zenfra · 12 stacks · 3 with changes, 8 unchanged, 1 failed

> [!CAUTION]
> **2 resources will be destroyed** in \`dns-prod\`

| Stack | Plan | Add | Change | Destroy | Run |
| :-- | :-- | --: | --: | --: | :-- |
| **dns-prod** | 🟡 Ready to apply | 0 | 1 | 2 | [#310](https://zenfra.example.com/runs/01K9-310) · 21s |
| **api-prod** | 🟡 Ready to apply | 4 | 0 | 0 | [#311](https://zenfra.example.com/runs/01K9-311) · 1m 04s |
| **api-staging** | 🟡 Waits for \`dns-prod\` | 4 | 0 | 0 | [#312](https://zenfra.example.com/runs/01K9-312) · 58s |
| **cache-prod** | 🔴 Plan failed | – | – | – | [#313](https://zenfra.example.com/runs/01K9-313) · 9s |

<details><summary>8 stacks without changes</summary>

\`cache-dev\` · \`cache-staging\` · \`api-dev\` · \`dns-dev\` · \`dns-staging\` · \`net-dev\` · \`net-prod\` · \`net-staging\`

</details>

<details open><summary><b>cache-prod</b> · plan failed</summary>

\`\`\`
Error: Unsupported argument

  on infra/cache/main.tf line 12, in resource "aws_elasticache_cluster" "this":
  12:   node_typ = "cache.t4g.small"

An argument named "node_typ" is not expected here. Did you mean "node_type"?
\`\`\`
</details>

<details open><summary><b>dns-prod</b> · 1 to change, 2 to destroy</summary>

\`\`\`diff
- aws_route53_record.old["a"]                   # will be destroyed
- aws_route53_record.old["b"]                   # will be destroyed

! aws_route53_zone.main                         # updated in-place
!   comment = "old" -> "new"
\`\`\`
</details>

${['api-prod', 'api-staging']
  .map(
    (name) => `<details><summary><b>${name}</b> · 4 to add</summary>

\`\`\`diff
+ aws_instance.api[0]                           # will be created
+ aws_instance.api[1]                           # will be created
+ aws_instance.api[2]                           # will be created
+ aws_instance.api[3]                           # will be created
\`\`\`
</details>`,
  )
  .join('\n\n')}

**To apply all ready plans** comment \`/approve\`; only some: \`/approve dns-prod\`.
<sub>\`cache-prod\` is left out until its plan succeeds · plan of [\`9b1d0aa\`](https://github.com/acme/infra/commit/9b1d0aa) · [all runs of this pull request](https://zenfra.example.com/pr/acme/infra/57)</sub>`,
  );
});

test('of two stacks that are ready the example of how to apply some names one', () => {
  const [ready] = twelveStacks().filter(({ name }) => name === 'dns-prod');
  assert.ok(ready);
  const comment = renderComment(pullRequest([ready, { ...ready, name: 'dns-staging' }]));
  assert.match(comment, /comment `\/approve`; only some: `\/approve dns-prod`\.$/m);
});

test('no changes', () => {
  const facts = pullRequest([stack('network-prod', { run: run(140, { plan: plan([]), seconds: 18 }) })], {
    number: 58,
    headSha: '77aa01c',
  });
  assert.equal(
    renderComment(facts),
    `<!-- zenfra:v1 pr=58 sha=77aa01c -->
### Zenfra · no changes

\`network-prod\` matches the configuration at [\`77aa01c\`](https://github.com/acme/infra/commit/77aa01c). Nothing to apply. [Run #140](https://zenfra.example.com/runs/01K9-140) · 18s`,
  );
});

test('no changes in several stacks', () => {
  const facts = pullRequest(['a', 'b'].map((name, index) => stack(name, { run: run(index, { plan: plan([]) }) })));
  assert.equal(
    renderComment(facts),
    `<!-- zenfra:v1 pr=42 sha=4f2c9d1 -->
### Zenfra · no changes

All 2 stacks match the configuration at [\`4f2c9d1\`](https://github.com/acme/infra/commit/4f2c9d1): \`a\`, \`b\`. Nothing to apply. [All runs of this pull request](https://zenfra.example.com/pr/acme/infra/42)`,
  );
});

const typo = failure({
  detail: `Error: Unsupported argument
  12:   instance_typ = "t3.small"
An argument named "instance_typ" is not expected here. Did you mean "instance_type"?`,
  diagnostics: [
    {
      severity: 'error',
      summary: 'Unsupported argument',
      detail: 'Not expected here.',
      file: 'infra/network/main.tf',
      line: 12,
    },
  ],
});

test('a failed plan', () => {
  const failed = run(141, {
    status: 'failed',
    failure: typo,
    seconds: 12,
    commit: 'c0ffee1',
    engine: 'Terraform 1.13.4',
  });
  const facts = pullRequest([stack('network-prod', { path: 'infra/network', run: failed })], {
    number: 59,
    headSha: 'c0ffee1',
  });
  assert.equal(
    renderComment(facts),
    `<!-- zenfra:v1 pr=59 sha=c0ffee1 -->
### Zenfra · plan failed in 1 stack

| Stack | Plan | Phase | Run |
| :-- | :-- | :-- | :-- |
| **network-prod** | 🔴 Failed | Planning (after 00:12) | [#141](https://zenfra.example.com/runs/01K9-141) |

<details open><summary><b>Error</b> · <a href="https://github.com/acme/infra/blob/c0ffee1/infra/network/main.tf#L12">infra/network/main.tf:12</a></summary>

\`\`\`
Error: Unsupported argument
  12:   instance_typ = "t3.small"
An argument named "instance_typ" is not expected here. Did you mean "instance_type"?
\`\`\`
</details>

Push a fix, or comment \`/plan\` to try again. [Full log](https://zenfra.example.com/runs/01K9-141#planning)
<sub>commit [\`c0ffee1\`](https://github.com/acme/infra/commit/c0ffee1) · Terraform 1.13.4</sub>`,
  );
});

test('other failures say so in their first words', () => {
  const headline = (more: Parameters<typeof failure>[0]) => {
    const failed = run(1, { status: 'failed', failure: failure(more) });
    return renderComment(pullRequest([stack('a', { run: failed })])).split('\n')[1];
  };
  assert.equal(headline({ phase: 'initializing' }), '### Zenfra · initialization failed in 1 stack');
  assert.equal(headline({ phase: 'preparing', reason: 'refused' }), '### Zenfra · preparation failed in 1 stack');
  assert.equal(headline({ reason: 'timed_out' }), '### Zenfra · plan timed out in 1 stack');
});

test('a configuration file that cannot be used', () => {
  const configError = { file: 'zenfra.yml', line: 3, column: 5, message: 'stacks.a.path is missing' };
  assert.equal(
    renderComment(pullRequest([], { configError })),
    `<!-- zenfra:v1 pr=42 sha=4f2c9d1 -->
### Zenfra · zenfra.yml cannot be used

<details open><summary><b>Error</b> · <a href="https://github.com/acme/infra/blob/4f2c9d1/zenfra.yml#L3">zenfra.yml:3</a></summary>

\`\`\`
stacks.a.path is missing
\`\`\`
</details>

Push a fix: it is planned by itself.
<sub>commit [\`4f2c9d1\`](https://github.com/acme/infra/commit/4f2c9d1)</sub>`,
  );
});

test('a plan that is out of date is struck while the new one is made', () => {
  const old = plan([
    resource('aws_instance.a', 'create'),
    resource('aws_instance.b', 'create'),
    resource('aws_instance.c', 'update'),
    resource('aws_instance.d', 'delete'),
  ]);
  const previous = {
    headSha: '4f2c9d1',
    stacks: [stack('network-prod', { run: run(128, { plan: old }) })],
    because: null,
  };
  const now = stack('network-prod', { run: run(131, { status: 'planning', commit: '8d01e55' }) });
  assert.equal(
    renderComment(pullRequest([now], { headSha: '8d01e55', previous })),
    `<!-- zenfra:v1 pr=42 sha=4f2c9d1 stale -->
### Zenfra · plan is out of date

> [!NOTE]
> New commit [\`8d01e55\`](https://github.com/acme/infra/commit/8d01e55) was pushed. A new plan is running: [run #131](https://zenfra.example.com/runs/01K9-131). \`/approve\` does nothing until it is ready.

<details><summary><s>Plan of 4f2c9d1: 2 to add, 1 to change, 1 to destroy</s></summary>

\`\`\`diff
- aws_instance.d                                # will be destroyed
+ aws_instance.a                                # will be created
+ aws_instance.b                                # will be created
! aws_instance.c                                # updated in-place
\`\`\`
</details>`,
  );
  const state = { ...previous, because: 'the state changed since (serial 41 → 43)' };
  assert.match(
    renderComment(pullRequest([now], { previous: state })),
    /^> The plan is out of date because the state changed since \(serial 41 → 43\)\. A new plan is running/m,
  );
});

test('the struck plan is gone as soon as the new one is there', () => {
  const previous = { headSha: '0000000', stacks: [networkProd()], because: null };
  const facts = pullRequest([networkProd()], { previous });
  assert.equal(renderComment(facts), renderComment(pullRequest([networkProd()])));
});
