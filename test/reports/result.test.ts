import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkState } from '../../src/reports/check-titles.ts';
import type { RunFacts } from '../../src/reports/facts.ts';
import { renderApplyResult } from '../../src/reports/render-result.ts';
import { failure, networkProd, plan, pullRequest, resource, run } from './example-facts.ts';

const facts = pullRequest([networkProd()]);

function applied(more: Partial<RunFacts>): string {
  return renderApplyResult(run(129, { type: 'tracked', approvedBy: 'kim', ...more }), networkProd(), facts);
}

test('an apply that is done', () => {
  const apply = {
    steps: [
      { address: 'aws_db_instance.legacy', action: 'delete' as const, result: 'done' as const, elapsed: '2m' },
      { address: 'aws_instance.web', action: 'update' as const, result: 'done' as const, elapsed: '41s' },
      { address: 'aws_s3_bucket.logs', action: 'create' as const, result: 'done' as const, elapsed: '2s' },
      { address: 'aws_s3_bucket.more', action: 'create' as const, result: 'done' as const, elapsed: '2s' },
    ],
    outputs: [
      { name: 'web_ip', text: '"203.0.113.10"' },
      { name: 'db_password', text: null },
    ],
    seconds: 192,
  };
  assert.equal(
    applied({ apply }),
    `<!-- zenfra:v1 pr=42 run=01K9-129 result -->
### ✅ Applied \`network-prod\` · 2 added, 1 changed, 1 destroyed

Approved by @kim · run [#129](https://zenfra.example.com/runs/01K9-129) · 3m 12s · commit [\`4f2c9d1\`](https://github.com/acme/infra/commit/4f2c9d1)

<details><summary>Outputs</summary>

| Output | Value |
| :-- | :-- |
| \`web_ip\` | \`"203.0.113.10"\` |
| \`db_password\` | (sensitive) |

</details>

<sub>Merge this pull request so that \`main\` matches. The run on \`main\` will plan again and finish by itself if nothing differs.</sub>`,
  );
});

const broken = {
  status: 'failed' as const,
  seconds: 65,
  plan: plan([
    resource('aws_db_instance.legacy', 'delete'),
    resource('aws_instance.web', 'update'),
    resource('aws_s3_bucket.logs', 'create'),
    resource('module.dns.aws_route53_record.www["a"]', 'update'),
  ]),
  failure: failure({ phase: 'applying', detail: 'Error: deleting RDS DB Instance (legacy): InvalidDBInstanceState' }),
  apply: {
    steps: [
      { address: 'aws_s3_bucket.logs', action: 'create' as const, result: 'done' as const, elapsed: '2s' },
      { address: 'aws_instance.web', action: 'update' as const, result: 'done' as const, elapsed: '41s' },
      {
        address: 'aws_db_instance.legacy',
        action: 'delete' as const,
        result: 'failed' as const,
        error: 'InvalidDBInstanceState: DB is not in available state',
      },
    ],
    outputs: [],
    seconds: 65,
  },
};

test('an apply says what it warned of, unless its plan has said so', () => {
  const warning = { severity: 'warning' as const, summary: 'Deprecated', detail: '', file: 'app/main.tf', line: 3 };
  const late = { severity: 'warning' as const, summary: 'Check block assertion failed', detail: 'no answer' };
  const planned = networkProd();
  const stack = { ...planned, run: planned.run && { ...planned.run, warnings: [warning] } };
  const warned = run(129, { type: 'tracked', warnings: [{ ...warning, detail: 'and one more' }, late] });
  const text = renderApplyResult(warned, stack, facts);
  assert.match(text, /^⚠️ 1 warning: Check block assertion failed$/m);
  assert.doesNotMatch(applied({}), /warning/);
});

test('a deposed object that was destroyed counts as begun, by whichever of its two names', () => {
  const step = { address: 'a.b (deposed object 0a1b2c3d)', action: 'delete' as const, result: 'done' as const };
  const doomed = plan([resource('a.b (deposed 0a1b2c3d)', 'delete'), resource('a.c', 'delete')]);
  const text = applied({ ...broken, plan: doomed, apply: { steps: [step], outputs: [], seconds: 1 } });
  assert.deepEqual(text.match(/^\| `.*$/gm), [
    '| `a.b (deposed object 0a1b2c3d)` | ✅ destroyed |',
    '| `a.c` | ⏭ not started |',
  ]);
});

test('an apply that failed half-way', () => {
  assert.equal(
    applied(broken),
    `<!-- zenfra:v1 pr=42 run=01K9-129 result -->
### ❌ Apply failed in \`network-prod\` · 2 of 4 changes were made

> [!WARNING]
> The infrastructure is **partly changed**. Plan again before doing anything else.

| Resource | Result |
| :-- | :-- |
| \`aws_s3_bucket.logs\` | ✅ created in 2s |
| \`aws_instance.web\` | ✅ changed in 41s |
| \`aws_db_instance.legacy\` | ❌ \`InvalidDBInstanceState: DB is not in available state\` |
| \`module.dns.aws_route53_record.www["a"]\` | ⏭ not started |

<details><summary>Error</summary>

\`\`\`
Error: deleting RDS DB Instance (legacy): InvalidDBInstanceState
\`\`\`
</details>

Approved by @kim · run [#129](https://zenfra.example.com/runs/01K9-129#applying) · failed after 1m 05s
Next: \`/plan\` — the lock on this stack stays with this pull request until it is applied, closed or \`/unlock\`ed.`,
  );
});

test('an apply that failed after its last change is not called half done', () => {
  const steps = [{ address: 'a.b', action: 'create' as const, result: 'done' as const }];
  const counts = { add: 1, change: 0, destroy: 0, import: 0, move: 0, forget: 0 };
  const unsaved = failure({ phase: 'applying', headline: 'Failed to save state' });
  const apply = { steps, outputs: [], seconds: 1 };
  const text = applied({ status: 'failed', failure: unsaved, plan: { ...plan([]), counts }, apply });
  assert.match(text, /· 1 of 1 change was made$/m);
  assert.match(text, /^> Every change was reported as made; what failed is something else\. Plan again/m);
});

test('an apply that changed nothing else says what it has imported, moved and forgotten', () => {
  const counts = { add: 0, change: 0, destroy: 0, import: 2, move: 1, forget: 3 };
  const text = applied({ plan: { ...plan([]), counts }, apply: { steps: [], outputs: [], seconds: 1 } });
  assert.match(text, /^### ✅ Applied `network-prod` · 2 imported, 1 moved, 3 forgotten$/m);
});

test('an apply that was canceled on its way says what it has changed, and who stopped it', () => {
  const stopped = failure({ phase: 'applying', reason: 'canceled', detail: 'The run was canceled.' });
  const text = applied({ ...broken, status: 'canceled', endedBecause: 'Canceled by @lee', failure: stopped });
  assert.match(text, /^### ❌ Apply canceled in `network-prod` · 2 of 4 changes were made$/m);
  assert.match(text, /^> The infrastructure is \*\*partly changed\*\*\./m);
  assert.match(text, / · Canceled by `@lee` after 1m 05s$/m);
});

test('an apply that failed before its first change may have imported', () => {
  const none = { steps: [], outputs: [], seconds: 1 };
  const text = (counts: object) =>
    applied({ ...broken, apply: none, plan: { ...broken.plan, counts: { ...broken.plan.counts, ...counts } } });
  assert.match(text({}), /^> No change was reported as made\. Plan again/m);
  assert.match(text({ import: 1 }), /to be imported, moved or forgotten may be so already\. Plan again/);
});

test('an apply after which a command of the stack’s own failed is told as applied', () => {
  const headline = 'Hook after_apply ended with exit code 5; the plan has been applied';
  const text = applied({
    ...broken,
    failure: failure({ phase: 'applying', reason: 'exit', headline, detail: 'no inventory', applied: true }),
  });
  assert.match(text, /^### ❌ Applied `network-prod`, and failed afterwards · 2 of 4 changes were made$/m);
  assert.match(text, /^> `Hook after_apply ended with exit code 5; the plan has been applied`\. What it/m);
  assert.doesNotMatch(text, /partly changed/);
});

test('an apply whose outcome nobody knows', () => {
  const text = applied({
    ...broken,
    failure: failure({ phase: 'applying', reason: 'lost', outcomeUnknown: true, detail: 'The worker was lost.' }),
  });
  assert.match(text, /^### ⚠️ Nobody knows how the apply of `network-prod` ended · 2 of 4 changes were reported$/m);
  assert.match(text, /^> \[!CAUTION\]\n> The worker was lost while it applied\. .*the stack is \*\*held\*\*/m);
  const killed = failure({ phase: 'applying', reason: 'canceled', outcomeUnknown: true, detail: 'It was killed.' });
  assert.match(
    applied({ ...broken, failure: killed }),
    /^> The engine or a provider did not end as it should\. The infrastructure may/m,
  );
  assert.match(text, /^1\. Read the \[log of the apply\]\(https:\/\/zenfra\.example\.com\/runs\/01K9-129#applying\)/m);
  assert.match(text, /^3\. An admin comments `\/unlock network-prod`, then `\/plan` shows what is left to do\.$/m);
});

test('an apply that never began', () => {
  const text = applied({
    status: 'failed',
    failure: failure({ phase: 'initializing', detail: 'Error: no such provider' }),
  });
  assert.match(text, /^### ❌ Not applied: `network-prod` · initialization failed$/m);
  assert.match(text, /^Nothing was changed: the run ended before the apply began\.$/m);
});

test('an approval that came to nothing is no plan that failed', () => {
  const why = 'Not applied: `network-prod` is held by pull request #41.';
  const refused = failure({ reason: 'refused', headline: why, detail: why });
  const run129 = { status: 'failed', adopted: true, failure: refused } as const;
  assert.match(applied(run129), /^### ❌ Not applied: `network-prod`$/m);
  assert.equal(checkState(run(129, { type: 'tracked', approvedBy: 'kim', ...run129 }), 'net').title, why);
});

test('where the pull request has ended meanwhile, its plan cannot be made again: a new run is told of', () => {
  const ended = (more: Partial<RunFacts>) => {
    const shown = networkProd();
    const facts = run(129, { type: 'tracked', status: 'failed', ...more });
    return renderApplyResult(facts, shown, pullRequest([shown], { ended: 'merged' }));
  };
  for (const phase of ['applying', 'initializing'] as const) {
    const adopted = ended({ adopted: true, failure: failure({ phase, detail: 'Error: no' }) });
    assert.match(adopted, /\n\*\*Next\*\*: trigger a new run of `network-prod` on the stack’s page\.$/);
  }
  assert.match(ended({ failure: failure({ phase: 'applying', detail: 'Error: no' }) }), /re-run it on \[its page\]/);
});

test('an apply of thousands of changes names the failed ones and counts the rest', () => {
  const addresses = Array.from({ length: 5_000 }, (_, index) => `aws_instance.web[${index}]`);
  const steps = addresses.map((address, index) => ({
    address,
    action: 'create' as const,
    result: index === 4_999 ? ('failed' as const) : ('done' as const),
    error: 'QuotaExceeded',
  }));
  const remade = { address: 'aws_db_instance.main', error: 'QuotaExceeded' };
  const replaced = [
    { ...remade, action: 'delete' as const, result: 'done' as const },
    { ...remade, action: 'create' as const, result: 'failed' as const },
  ];
  const textOf = (count: number) =>
    applied({
      ...broken,
      plan: plan(addresses.slice(0, count).map((address) => resource(address, 'create'))),
      apply: { steps: [...steps.slice(0, count), ...replaced], outputs: [], seconds: 1 },
    });
  const [few, text] = [textOf(100), textOf(5_000)];
  assert.ok(text.length < 60_000, `${text.length} characters`);
  assert.match(text, /· 5000 of 5000 changes were made$/m);
  for (const each of [few, text])
    assert.match(
      each,
      /^\| `aws_db_instance\.main` \| ✅ destroyed, ❌ `QuotaExceeded` \|\n\| `aws_instance\.web\[0\]`/m,
    );
  assert.match(text, /^\| `aws_instance\.web\[4999\]` \| ❌ `QuotaExceeded` \|$/m);
  assert.match(text, /^And \d+ more, on the run's page\.$/m);
});
