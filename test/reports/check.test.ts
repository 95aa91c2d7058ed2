import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderAggregateCheck } from '../../src/reports/aggregate-check.ts';
import type { CheckReport, RunFacts } from '../../src/reports/facts.ts';
import { renderRunCheck, renderStackCheck } from '../../src/reports/render-check.ts';
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

const repository = { owner: 'acme', name: 'infra', url: 'https://github.com/acme/infra' };
const changed = plan([
  resource('aws_instance.a', 'delete'),
  resource('aws_instance.b', 'update'),
  resource('aws_instance.c', 'create'),
  resource('aws_instance.d', 'create'),
]);

/** One row of the table: status or conclusion, title, buttons. */
function row(report: CheckReport): [string, string, string[]] {
  return [report.conclusion ?? report.status, report.title, report.actions.map(({ label }) => label)];
}

function ofRun(more: Partial<RunFacts>): [string, string, string[]] {
  return row(renderRunCheck(run(1, { plan: changed, ...more }), { name: 'net', path: 'infra/net' }, repository));
}

const located = [
  { severity: 'error' as const, summary: 'Unsupported argument', detail: 'No.', file: 'infra/net/main.tf', line: 12 },
];
const step = (result: 'done' | 'failed') => ({ address: 'aws_instance.a', action: 'update' as const, result });

test('each state of a run has its title, conclusion and buttons', () => {
  const tracked = { type: 'tracked' as const };
  assert.deepEqual(ofRun({ status: 'queued' }), ['queued', 'Planning…', []]);
  assert.deepEqual(ofRun({ status: 'initializing' }), ['in_progress', 'Planning…', []]);
  assert.deepEqual(ofRun({}), ['success', '+2 ~1 -1', ['Apply plan', 'Plan again']]);
  assert.deepEqual(ofRun({ plan: plan([]) }), ['success', 'No changes', ['Plan again']]);
  assert.deepEqual(ofRun({ status: 'failed', plan: null, failure: failure({ diagnostics: located }) }), [
    'failure',
    'Plan failed: Unsupported argument (main.tf:12)',
    ['Plan again'],
  ]);
  assert.deepEqual(ofRun({ ...tracked, status: 'unconfirmed' }), [
    'action_required',
    'Needs approval: +2 ~1 -1',
    ['Approve', 'Discard'],
  ]);
  assert.deepEqual(ofRun({ ...tracked, status: 'applying' }), ['in_progress', 'Applying…', []]);
  assert.deepEqual(ofRun({ ...tracked, apply: { steps: [], outputs: [], seconds: 192 } }), [
    'success',
    'Applied: +2 ~1 -1 in 3m 12s',
    [],
  ]);
  assert.deepEqual(ofRun({ ...tracked, plan: plan([]) }), ['success', 'No changes', ['Plan again']]);
  const half = { steps: [step('done'), step('done'), step('failed')], outputs: [], seconds: 9 };
  assert.deepEqual(ofRun({ ...tracked, status: 'failed', failure: failure({ phase: 'applying' }), apply: half }), [
    'failure',
    'Apply failed after 2 of 4 changes',
    ['Plan again'],
  ]);
  const halted = failure({ phase: 'applying', reason: 'canceled' });
  const endedBecause = 'Canceled by @kim';
  assert.deepEqual(ofRun({ ...tracked, status: 'canceled', endedBecause, failure: halted, apply: half }), [
    'cancelled',
    'Apply canceled after 2 of 4 changes',
    ['Plan again'],
  ]);
  const headline = 'Hook after_apply ended with exit code 5; the plan has been applied';
  const afterwards = failure({ phase: 'applying', headline, applied: true });
  assert.equal(ofRun({ ...tracked, status: 'failed', failure: afterwards, apply: half })[1], headline);
  assert.deepEqual(
    ofRun({ ...tracked, status: 'failed', failure: failure({ phase: 'applying', outcomeUnknown: true }) }),
    ['failure', 'Apply outcome unknown', ['Plan again']],
  );
  assert.deepEqual(ofRun({ ...tracked, status: 'discarded', endedBecause: 'Discarded by @kim' }), [
    'neutral',
    'Discarded by @kim',
    ['Plan again'],
  ]);
  assert.deepEqual(ofRun({ status: 'canceled', endedBecause: 'Superseded by 4f2c9d1' }), [
    'neutral',
    'Superseded by 4f2c9d1',
    ['Plan again'],
  ]);
  assert.deepEqual(ofRun({ status: 'canceled', endedBecause: 'Canceled by @kim' }), [
    'cancelled',
    'Canceled by @kim',
    ['Plan again'],
  ]);
  const slow = failure({ reason: 'timed_out', headline: 'no end after 1h 00m' });
  assert.deepEqual(ofRun({ status: 'failed', failure: slow }), [
    'timed_out',
    'Plan timed out: no end after 1h 00m',
    ['Plan again'],
  ]);
});

test('the check of a stack carries the warning, the row, the diff and the buttons', () => {
  const report = renderStackCheck(networkProd(), pullRequest([networkProd()]));
  assert.deepEqual(row(report), ['success', '+1 ~2 -1', ['Apply plan', 'Plan again']]);
  assert.equal(report.name, 'zenfra/network-prod');
  assert.equal(
    report.summary,
    `**1 resource will be destroyed:** \`aws_db_instance.legacy\`

| Stack | Plan | Add | Change | Destroy | Run |
| :-- | :-- | --: | --: | --: | :-- |
| **network-prod** | 🟡 Ready to apply | 1 | 2 | 1 | [#128](https://zenfra.example.com/runs/01K9-128) · 47s |

[Full log and raw plan](https://zenfra.example.com/runs/01K9-128)`,
  );
  assert.match(report.text ?? '', /^```diff\n- aws_db_instance\.legacy /);
  assert.deepEqual(
    report.annotations.map(({ path, startLine, level, title }) => [path, startLine, level, title]),
    [['infra/network/main.tf', 31, 'warning', 'Argument is deprecated']],
  );
});

test('a stack whose plan is being applied shows the run that applies it', () => {
  const applied = { ...networkProd(), applied: run(129, { type: 'tracked', status: 'applying' }) };
  assert.deepEqual(row(renderStackCheck(applied, pullRequest([applied]))), ['in_progress', 'Applying…', []]);
  const done = {
    ...networkProd(),
    applied: run(129, { type: 'tracked', apply: { steps: [], outputs: [], seconds: 9 } }),
  };
  assert.deepEqual(row(renderStackCheck(done, pullRequest([done]))), ['success', 'Applied: +1 ~2 -1 in 9s', []]);
});

test('at most fifty problems are marked in the files', () => {
  const diagnostics = Array.from({ length: 60 }, (_, index) => ({
    severity: 'error' as const,
    summary: 's',
    detail: 'd',
    file: 'a.tf',
    line: index + 1,
  }));
  const failed = run(1, { status: 'failed', failure: failure({ diagnostics }) });
  const report = renderRunCheck(failed, { name: 'net', path: '.' }, repository);
  assert.equal(report.annotations.length, 50);
  assert.deepEqual(report.annotations[0], {
    path: 'a.tf',
    startLine: 1,
    endLine: 1,
    level: 'failure',
    title: 's',
    message: 'd',
  });
});

test('the aggregate check counts', () => {
  assert.deepEqual(row(renderAggregateCheck(pullRequest([networkProd()]))), ['success', '1 stack: +1 ~2 -1', []]);
  assert.deepEqual(row(renderAggregateCheck(pullRequest(twelveStacks()))), [
    'failure',
    '12 stacks: 3 with changes, 1 failed',
    [],
  ]);
  assert.deepEqual(row(renderAggregateCheck(pullRequest([stack('a', { run: run(1, { plan: plan([]) }) })]))), [
    'success',
    'No changes',
    [],
  ]);
  const failed = stack('a', { run: run(1, { status: 'failed', failure: failure() }) });
  assert.deepEqual(row(renderAggregateCheck(pullRequest([failed]))), ['failure', '1 stack: 1 failed', []]);
  const canceled = stack('a', { run: run(1, { status: 'canceled', endedBecause: 'Canceled by @kim' }) });
  assert.deepEqual(row(renderAggregateCheck(pullRequest([canceled]))), [
    'cancelled',
    '1 stack: 1 canceled or discarded',
    [],
  ]);
});

test('the aggregate check shows how far it is', () => {
  const stacks = twelveStacks().map((one, index) =>
    index < 2 ? one : { ...one, run: run(index, { status: 'planning' }) },
  );
  assert.deepEqual(row(renderAggregateCheck(pullRequest(stacks))), ['in_progress', '2 of 12 planned', []]);
});

test('the summary of the aggregate names every destroy and holds the errors', () => {
  const { summary } = renderAggregateCheck(pullRequest(twelveStacks()));
  assert.match(summary, /^`dns-prod`: `aws_route53_record\.old\["a"\]`, `aws_route53_record\.old\["b"\]`$/m);
  assert.match(summary, /^Error: Unsupported argument$/m);
});

test('where nothing is planned the aggregate check says why', () => {
  const none = renderAggregateCheck(pullRequest([], { rules: ['network-prod: infra/network/**'] }));
  assert.deepEqual(row(none), ['success', 'No stacks affected', []]);
  assert.equal(
    none.summary,
    'No changed file matches the paths of a stack. Looked at 1 rule:\n\n- `network-prod: infra/network/**`',
  );
  const unplanned = [stack('a')];
  assert.deepEqual(row(renderAggregateCheck(pullRequest(unplanned, { fork: true }))), [
    'action_required',
    'Fork: not planned',
    [],
  ]);
  assert.deepEqual(row(renderAggregateCheck(pullRequest([], { fork: true }))), ['success', 'No stacks affected', []]);
  assert.deepEqual(row(renderAggregateCheck(pullRequest(unplanned, { draft: true }))), [
    'skipped',
    'Draft pull request',
    [],
  ]);
  const configError = { file: 'zenfra.yml', line: 3, column: 5, message: 'stacks.a.path is missing' };
  const broken = renderAggregateCheck(pullRequest([], { configError }));
  assert.deepEqual(row(broken), ['failure', 'zenfra.yml cannot be used (line 3)', []]);
  assert.deepEqual(broken.annotations, [
    {
      path: 'zenfra.yml',
      startLine: 3,
      endLine: 3,
      level: 'failure',
      title: 'zenfra.yml cannot be used',
      message: 'stacks.a.path is missing',
    },
  ]);
});

test('buttons are as short as GitHub asks for', () => {
  const reports = [ofReport({}), ofReport({ type: 'tracked', status: 'unconfirmed' })];
  for (const { label, description, identifier } of reports.flatMap(({ actions }) => actions)) {
    assert.ok(label.length <= 20 && description.length <= 40 && identifier.length <= 20, label);
  }
  assert.deepEqual(
    reports.map(({ actions }) => actions.map(({ identifier }) => identifier)),
    [
      ['apply_plan', 'plan_again'],
      ['approve', 'discard'],
    ],
  );
});

function ofReport(more: Partial<RunFacts>): CheckReport {
  return renderRunCheck(run(1, { plan: changed, ...more }), { name: 'net', path: '.' }, repository);
}

test('where comments list resources only, so does the check of a push', () => {
  const about = { name: 'net', path: 'infra/net', detail: 'resources' as const };
  const values = [attribute('password', known('"old"'), known('"new"'))];
  const plans = plan([resource('aws_db.main', 'update', { attributes: values })]);
  const open = renderRunCheck(run(1, { plan: plans }), { ...about, detail: 'diff' }, repository);
  const listed = renderRunCheck(run(1, { plan: plans }), about, repository);
  assert.match(`${open.summary}${open.text}`, /"new"/);
  assert.doesNotMatch(`${listed.summary}${listed.text}`, /"new"/);
  assert.match(`${listed.summary}${listed.text}`, /aws_db\.main/);
});
