import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderAggregateCheck } from '../../src/reports/aggregate-check.ts';
import { renderCommitCheck, stacksToSpeakFor } from '../../src/reports/commit-check.ts';
import type { PullRequestFacts } from '../../src/reports/facts.ts';
import { failure, plan, pullRequest, resource, run, stack } from './example-facts.ts';

const created = plan([resource('aws_instance.a', 'create')]);
const planned = pullOf(1, { stacks: [stack('net', { run: run(7, { plan: created }) })] });
const failed = pullOf(2, { stacks: [stack('net', { run: run(8, { status: 'failed', failure: failure() }) })] });
const planning = pullOf(3, { stacks: [stack('dns', { run: run(9, { status: 'planning' }) })], baseBranch: 'next' });
const untouched = pullOf(4, { baseBranch: 'release' });
const fork = pullOf(5, { fork: true, stacks: [stack('net')] });
const draft = pullOf(6, { draft: true, stacks: [stack('net')] });

function pullOf(number: number, more: Partial<PullRequestFacts>): PullRequestFacts {
  return pullRequest([], { number, runsUrl: `https://zenfra.example.com/pr/acme/infra/${number}`, ...more });
}

/** What is posted, and of which pull request. */
function said(...pulls: PullRequestFacts[]): [string, string, string] {
  const { report, detailsUrl } = renderCommitCheck(pulls);
  return [report.conclusion ?? report.status, report.title, detailsUrl.slice(detailsUrl.lastIndexOf('/') + 1)];
}

test('of one pull request the check of a commit says what it always did', () => {
  for (const facts of [planned, failed, planning, untouched, fork, draft])
    assert.deepEqual(renderCommitCheck([facts]), { report: renderAggregateCheck(facts), detailsUrl: facts.runsUrl });
});

test('of several it says the worst, whoever asks', () => {
  assert.deepEqual(said(failed, untouched), ['failure', '#2: 1 stack: 1 failed', '2']);
  assert.deepEqual(said(untouched, planning, failed), ['failure', '#2: 1 stack: 1 failed', '2']);
  assert.deepEqual(said(untouched, planned, planning), ['in_progress', '#3: 0 of 1 planned', '3']);
  assert.deepEqual(said(untouched, planning, fork), ['action_required', '#5: Fork: not planned', '5']);
  assert.deepEqual(said(untouched, draft), ['skipped', '#6: Draft pull request', '6']);
  assert.deepEqual(said(untouched, planned), ['success', '#1: 1 stack: +1 ~0 -0', '1']);
  assert.deepEqual(renderCommitCheck([failed, untouched]), renderCommitCheck([untouched, failed]));
});

test('it says of which pull requests, above what the worst says', () => {
  const { report } = renderCommitCheck([untouched, failed]);
  const note =
    '> [!NOTE]\n> This commit is the head of 2 pull requests, and this check speaks for all of them: #2 (1 stack: 1 failed), #4 (No stacks affected).';
  assert.equal(report.summary, `${note}\n\n${renderAggregateCheck(failed).summary}`);
});

test('what a fork brings to a branch keeps nobody back who has it planned for that branch', () => {
  assert.deepEqual(said(fork, planned), ['success', '1 stack: +1 ~0 -0', '1']);
  assert.deepEqual(said(fork, draft), ['action_required', '#5: Fork: not planned', '5']);
  assert.deepEqual(stacksToSpeakFor(fork, [fork, planned]), []);
});

test('of two plans of one stack at a commit the newest run has the check', () => {
  const newer = pullOf(8, { stacks: [stack('net', { run: run(12) }), stack('dns', { run: run(13) })] });
  assert.deepEqual(stacksToSpeakFor(planned, [planned, newer]), []);
  assert.deepEqual(stacksToSpeakFor(newer, [planned, newer]), newer.stacks);
  assert.deepEqual(stacksToSpeakFor(planned, [planned, planning]), planned.stacks);
});
