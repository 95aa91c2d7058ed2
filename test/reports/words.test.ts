import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as approval from '../../src/reports/words/approval.ts';
import * as notes from '../../src/reports/words/notes.ts';
import * as replies from '../../src/reports/words/replies.ts';
import type { ApprovalRefusal } from '../../src/run/checks.ts';

const number = 130;
const named = { number, url: 'https://zenfra.example.com/runs/01K9' };

function refused(refusal: ApprovalRefusal, more: Partial<approval.ApprovalSubject> = {}): string {
  return approval.refusedApproval(refusal, { stack: 'network-prod', sha: '4f2c9d1aaaa', login: 'robin', ...more });
}

test('a reader is told which permission is needed', () => {
  assert.equal(
    refused({ kind: 'no_permission', needed: 'write', has: 'read' }),
    'Not applied: `/approve` needs the `write` permission on this repository, and @robin has `read`. Ask somebody who has it to comment `/approve`.',
  );
});

test('a stale plan is refused with the reason', () => {
  const stale = (because: Extract<ApprovalRefusal, { kind: 'stale' }>['because'], more = {}) =>
    refused({ kind: 'stale', because }, more);
  const end = 'A new plan is running; comment `/approve` when it appears.';
  const start = 'Not applied: the plan of `4f2c9d1` is out of date because';
  assert.equal(
    stale({ kind: 'new_commit', head: '8d01e55bbbb' }),
    `${start} a new commit \`8d01e55\` was pushed. ${end}`,
  );
  const changed = { kind: 'state_changed', from: '41', to: '43', byRun: 130 } as const;
  assert.equal(
    stale(changed, { run: { ...named, branch: 'main' } }),
    `${start} the state changed since (serial 41 → 43, [run #130](https://zenfra.example.com/runs/01K9) on \`main\`). ${end}`,
  );
  assert.equal(stale(changed), `${start} the state changed since (serial 41 → 43, run \`#130\`). ${end}`);
  assert.equal(
    stale({ ...changed, from: null, byRun: null }),
    `${start} the state changed since (serial none → 43). ${end}`,
  );
  for (const [minutes, text] of [
    [1, '1m'],
    [90, '90m'],
    [1440, '24h'],
    [8 * 1440, '8d'],
  ] as const)
    assert.equal(stale({ kind: 'expired', afterMs: minutes * 60_000 }), `${start} it is older than ${text}. ${end}`);
  assert.equal(
    stale({ kind: 'engine_changed', from: 'OpenTofu 1.10.5', to: 'OpenTofu 1.10.6' }),
    `${start} the engine changed (\`OpenTofu 1.10.5\` → \`OpenTofu 1.10.6\`). ${end}`,
  );
  assert.equal(
    stale({ kind: 'state_moved' }, { ownPlan: true }),
    `${start} zenfra.yml of the tracked branch says now that the state is kept elsewhere. Re-run it, and approve the new plan.`,
  );
  const bundle = (from: number | null, to: number | null) =>
    approval.staleBecause({ kind: 'bundle_changed', name: 'aws-prod', from, to });
  assert.equal(bundle(3, 4), 'the configuration bundle `aws-prod` changed (version 3 → 4)');
  assert.equal(bundle(null, 1), 'the configuration bundle `aws-prod` was attached');
  assert.equal(bundle(3, null), 'the configuration bundle `aws-prod` is not attached any more');
  assert.equal(bundle(3, 3), 'the configuration bundle `aws-prod` has another priority');
  assert.equal(
    approval.staleBecause({ kind: 'source_changed' }),
    'the content of the source archive is not what was planned',
  );
  assert.equal(
    approval.staleBecause({ kind: 'lock_file_changed' }),
    'the dependency lock file is not what was planned with',
  );
});

test('every other refusal of an approval says what to do next', () => {
  const start = (text: string) => text.replace('Not applied: ', '').split('. ')[0];
  assert.match(refused({ kind: 'fork' }), /comes from a fork.*Push the branch to this repository/);
  assert.equal(refused({ kind: 'removed' }), 'Not applied: `network-prod` is not in zenfra.yml any more.');
  assert.equal(
    refused({ kind: 'retargeted', branch: 'main', base: 'release' }),
    'Not applied: `network-prod` is applied from `main`, and this pull request goes to `release` now.',
  );
  assert.match(refused({ kind: 'draft' }), /is a draft\. Mark it ready for review/);
  assert.match(refused({ kind: 'closed', state: 'closed' }), /is closed\. Reopen it/);
  assert.match(refused({ kind: 'closed', state: 'merged' }), /is merged: approve the run of the tracked branch/);
  assert.equal(
    start(refused({ kind: 'used', runNumber: 129 })),
    'the plan of `network-prod` was already applied by run `#129`',
  );
  assert.equal(start(refused({ kind: 'discarded', by: 'kim' })), 'the plan of `network-prod` was discarded by @kim');
  assert.match(refused({ kind: 'unseen' }), /is newer than your comment/);
  const hold = { pullRequest: 41, runNumber: null, by: 'kim' };
  assert.equal(
    refused({ kind: 'held', hold: { ...hold, reason: 'pull_request' } }),
    'Not applied: `network-prod` is held by pull request #41, which applied to it. Wait until that is merged or closed, or comment `/unlock network-prod`.',
  );
  assert.match(
    refused({ kind: 'held', hold: { ...hold, reason: 'outcome_unknown', runNumber: 7 } }),
    /the apply of run `#7` ended.*an admin comments `\/unlock network-prod`/,
  );
  assert.match(refused({ kind: 'held', hold: { ...hold, reason: 'person' } }), /is held by @kim/);
});

test('an approval without a plan says where the plan is', () => {
  assert.equal(
    approval.noPlanYet('a', null),
    'Not applied: `a` has no plan yet. It starts by itself; comment `/approve` when it is there.',
  );
  assert.match(approval.noPlanYet('a', named), /It is being made in \[run #130\]/);
  assert.match(approval.planFailed('a', named), /failed in \[run #130\].*Push a fix, or comment `\/plan`/);
  assert.equal(approval.nothingToApply([]), 'Nothing to apply: no stack of this pull request has a plan with changes.');
  assert.equal(approval.nothingToApply(['a']), 'Nothing to apply: `a` has no changes.');
  assert.match(
    approval.unconfirmedOnBranch({ stack: 'a', branch: 'main', run: named }),
    /\[run #130\]\(\S+\) on `main` waits for approval on `a`/,
  );
  assert.match(
    approval.commitMismatch({ asked: 'abc1234', head: '4f2c9d1aaa' }),
    /you asked for `abc1234`, but the head .* is `4f2c9d1`.*`\/approve 4f2c9d1`/,
  );
  assert.equal(
    replies.alreadyApproved({ by: 'kim', run: named }),
    'Already approved by @kim: [run #130](https://zenfra.example.com/runs/01K9).',
  );
});

test('an unknown stack gets a suggestion', () => {
  assert.equal(
    replies.unknownStack({ asked: 'netwrk-prod', similar: 'network-prod', known: ['network-prod', 'dns-prod'] }),
    "There is no stack `netwrk-prod` here. Did you mean `network-prod`? This pull request's stacks: `network-prod`, `dns-prod`.",
  );
});

test('help lists every command', () => {
  const commands = [
    { usage: '/plan [stack…]', does: 'Plans again', permission: 'write' as const },
    { usage: '/help', does: 'Shows this', permission: 'read' as const },
  ];
  assert.equal(
    replies.helpReply(commands),
    `| Command | What it does | Needs |
| :-- | :-- | :-- |
| \`/plan [stack…]\` | Plans again | write |
| \`/help\` | Shows this | read |

Only the first line of a new comment counts. \`/zenfra <command>\` works too.`,
  );
  assert.match(
    replies.unknownCommand({ asked: '/aprove', similar: '/approve' }, commands),
    /^I do not know `\/aprove`\. Did you mean `\/approve`\?\n\n\| Command/,
  );
});

test('the other commands answer what they did, or that there was nothing to do', () => {
  assert.equal(
    replies.discarded([]),
    'Nothing to discard: no stack of this pull request has a plan that could be applied.',
  );
  assert.equal(replies.discarded(['a']), 'Discarded the plan of `a`. Comment `/plan` to plan again.');
  assert.equal(replies.canceled([]), 'Nothing to cancel: no run of this pull request is under way.');
  assert.equal(replies.canceled([named]), 'Canceling [run #130](https://zenfra.example.com/runs/01K9).');
  assert.equal(
    replies.canceled([], [named]),
    'Canceling [run #130](https://zenfra.example.com/runs/01K9) already: it ends as soon as its engine does.',
  );
  assert.equal(replies.unlocked([]), 'Nothing to unlock: no stack of this pull request is held.');
  assert.equal(replies.unlocked(['a']), 'Unlocked `a`. Plan again before you apply: the state may have changed.');
  assert.equal(
    replies.notAPullRequest(),
    'This is an issue and not a pull request: there is nothing to plan or apply here.',
  );
});

test('the reason of a superseded run is short enough for a title', () => {
  assert.equal(notes.supersededBy('4f2c9d1aaaa'), 'Superseded by 4f2c9d1');
});
