import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PullRequestFacts, RunFacts } from '../../src/reports/facts.ts';
import { renderStackCheck } from '../../src/reports/render-check.ts';
import { renderComment } from '../../src/reports/render-comment.ts';
import { failure, networkProd, plan, pullRequest, resource, run, stack } from './example-facts.ts';

test('every state of a stack has its words in the table', () => {
  const changed = plan([resource('aws_instance.a', 'create')]);
  const planned = run(1, { plan: changed });
  const rows = {
    '⏳ Queued': { run: run(1, { status: 'queued', seconds: null }) },
    '⏳ Waits for run `#128`': { run: run(1, { status: 'queued', waitsFor: 'waits for run #128' }) },
    '⏳ Planning…': { run: run(1, { status: 'initializing' }) },
    '🟡 Ready to apply': { run: planned },
    '🟡 Held: locked by `#41`': { run: planned, heldBy: 'locked by #41' },
    '⚪ No changes': { run: run(1, { plan: plan([]) }) },
    '🔴 Plan failed': { run: run(1, { status: 'failed', failure: failure() }) },
    '🔴 Plan timed out': { run: run(1, { status: 'failed', failure: failure({ reason: 'timed_out' }) }) },
    '⚪ Discarded by `@kim`': { run: run(1, { plan: changed, endedBecause: 'Discarded by @kim' }) },
    '⚪ Superseded by 4f2c9d1': { run: run(1, { status: 'canceled', endedBecause: 'Superseded by 4f2c9d1' }) },
    '🔵 Applying': { run: planned, applied: run(2, { type: 'tracked', status: 'applying' }) },
    '🔵 Waits for run `#1`': {
      run: planned,
      applied: run(2, { type: 'tracked', status: 'queued', waitsFor: 'waits for run #1' }),
    },
    '🟢 Applied': { run: planned, applied: run(2, { type: 'tracked' }) },
    '🔴 Apply failed': {
      run: planned,
      applied: run(2, { type: 'tracked', status: 'failed', failure: failure({ phase: 'applying' }) }),
    },
    '🔴 Apply outcome unknown': {
      run: planned,
      applied: run(2, {
        type: 'tracked',
        status: 'failed',
        failure: failure({ phase: 'applying', outcomeUnknown: true }),
      }),
    },
  };
  for (const [label, facts] of Object.entries(rows)) {
    // Beside another stack, so that the form is the one with the table.
    const text = renderComment(pullRequest([stack('one', facts), networkProd()]));
    const found =
      label === '⚪ No changes' ? text.includes('1 stack without changes') : text.includes(`| **one** | ${label} |`);
    assert.ok(found, `${label}\n${text}`);
  }
});

test('after the apply the comment says what is left to do', () => {
  const applied = { ...networkProd(), applied: run(129, { type: 'tracked', seconds: 192 }) };
  const text = renderComment(pullRequest([applied]));
  assert.match(text, /^### Zenfra · 1 stack · applied: 1 to add, 2 to change, 1 to destroy$/m);
  assert.match(text, /\| \*\*network-prod\*\* \| 🟢 Applied \| 1 \| 2 \| 1 \| \[#129\]\(\S+\) · 3m 12s \|/);
  assert.match(text, /^Merge this pull request so that `main` matches\.$/m);
  assert.doesNotMatch(text, /will be destroyed:|\/approve/);
  assert.doesNotMatch(renderComment(pullRequest([applied], { ended: 'merged' })), /Merge this/);
});

test('where a plan cannot be approved the comment says why, and asks for no command that would be refused', () => {
  const changed = plan([resource('aws_instance.a', 'delete')]);
  const own = stack('a', { run: run(1, { plan: changed }) });
  const failed = stack('a', { run: run(1, { status: 'failed', failure: failure() }) });
  const text = (shown: typeof own, more: Partial<PullRequestFacts>) => renderComment(pullRequest([shown], more));
  for (const [words, more] of [
    ['Nothing of a draft is applied. Mark this pull request ready for review: it is planned then.', { draft: true }],
    ['This pull request is merged: what is applied is the plan of its push.', { ended: 'merged' }],
    [
      'This pull request is closed: none of its plans can be applied. Reopen it to have it planned.',
      { ended: 'closed' },
    ],
  ] as [string, Partial<PullRequestFacts>][]) {
    const planned = text(own, more);
    assert.ok(planned.includes(`\n${words}\n`) && planned.includes('| **a** | 🟡 Planned |'), planned);
    assert.doesNotMatch(planned, /\/approve/);
    if (!more.ended) continue;
    const configError = { file: 'zenfra.yml', line: 3, column: 5, message: 'stacks.a.path is missing' };
    for (const also of [{}, { draft: true }, { fork: true }, { configError }])
      for (const one of [own, failed, stack('a')])
        assert.doesNotMatch(text(one, { ...more, ...also }), /`\/|Queued|· planning|is a draft|Push a fix/);
    assert.match(text(stack('a'), more), /^### Zenfra · 1 stack · not planned$/m);
  }
  assert.doesNotMatch(text(own, { fork: true }), /\/approve|\/discard/);
  const buttons = (more: Partial<PullRequestFacts>) =>
    renderStackCheck(own, pullRequest([own], more)).actions.map(({ label }) => label);
  assert.deepEqual(buttons({ draft: true }), ['Plan again']);
  assert.deepEqual(buttons({ ended: 'merged' }), []);
});

test('what the run of a merge asks for can be done: approve it, or re-run it on its page', () => {
  const ofPush = (more: Partial<RunFacts>) =>
    renderComment(pullRequest([stack('a', { run: run(2, { type: 'tracked', ...more }) })], { ended: 'merged' }));
  const changed = plan([resource('aws_instance.a', 'create')]);
  assert.match(ofPush({ status: 'unconfirmed', plan: changed, waitsFor: 'waits for approval' }), /\n\/approve\n/);
  const gone = ofPush({ status: 'discarded', plan: changed, endedBecause: 'Discarded by @kim' });
  assert.match(gone, /\n\*\*Next\*\*: re-run it on \[its page\]\(\S+01K9-2\)\.\n/);
  assert.doesNotMatch(gone, /`\//);
});

test('less detail is shown where it is asked for', () => {
  const resources = renderComment(pullRequest([networkProd()], { detail: 'resources' }));
  assert.match(resources, /^! aws_instance\.web +# updated in-place$/m);
  assert.doesNotMatch(resources, /t3\.medium|acme-logs/);
  const summary = renderComment(pullRequest([networkProd()], { detail: 'summary' }));
  assert.doesNotMatch(summary, /```diff/);
  assert.match(summary, /\*\*1 resource will be destroyed:\*\* `aws_db_instance\.legacy`/);
});

test('a plan of outputs, imports or moves alone is told by what it does', () => {
  const output = {
    name: 'ip',
    action: 'create' as const,
    before: { kind: 'absent' as const },
    after: { kind: 'unknown' as const },
  };
  const headline = (summary: ReturnType<typeof plan>) =>
    renderComment(pullRequest([stack('a', { run: run(1, { plan: summary }) })])).split('\n')[1];
  assert.equal(headline(plan([], { outputs: [output] })), '### Zenfra · 1 stack · 1 output change');
  assert.equal(headline(plan([resource('a.b', 'no-op', { importedFrom: 'x' })])), '### Zenfra · 1 stack · 1 import');
  assert.equal(headline(plan([resource('a.b', 'no-op', { movedFrom: 'a.c' })])), '### Zenfra · 1 stack · 1 move');
  assert.equal(headline(plan([resource('a.b', 'forget')])), '### Zenfra · 1 stack · 1 to forget');
});
