import assert from 'node:assert/strict';
import { test } from 'node:test';
import { autoApplier, mayApplyByItself } from '../../src/run/auto-apply.ts';
import { type ApprovalFacts, hasPermission, neededToApprove, refuseApproval } from '../../src/run/checks.ts';
import { planExpiresAfterMs } from '../../src/run/limits.ts';
import { type ApprovalRequirement, builtInPolicy, type RunPolicy } from '../../src/run/policy.ts';
import type { RequirementFacts } from '../../src/run/requirements.ts';

const head = '4f2c9d1a5b6c7d8e9f00112233445566778899aa';
const planned = new Date('2026-03-01T10:00:00Z');
const day = 24 * 3_600_000;

/** A plan of pull request #42 that may be applied. */
const good: ApprovalFacts = {
  now: new Date('2026-03-01T11:00:00Z'),
  plan: {
    createdAt: planned,
    runNumber: 127,
    commit: head,
    stateVersionId: 'version 9',
    sourceDigest: 'abc',
    discardedBy: null,
    usedByRun: null,
    branch: 'main',
    stackRemoved: false,
    deletes: false,
    hooksChanged: false,
    stateMoved: false,
    engine: 'Terraform 1.11.4',
    bundles: [
      { name: 'aws', versionId: 'a3', number: 3 },
      { name: 'common', versionId: 'c1', number: 1 },
    ],
  },
  bundlesNow: [
    { name: 'aws', versionId: 'a3', number: 3 },
    { name: 'common', versionId: 'c1', number: 1 },
  ],
  approver: { login: 'kim', permission: 'write' },
  type: 'tracked',
  policy: builtInPolicy,
  authors: ['lee'],
  required: null,
  state: { versionId: 'version 9', serial: '9', writtenByRun: 120 },
  plannedSerial: '9',
  pullRequest: { number: 42, headSha: head, baseRef: 'main', state: 'open', draft: false, locked: false, fork: false },
  heldBy: null,
  expiresAfterMs: day,
  comment: { writtenAt: new Date('2026-03-01T10:30:00Z'), shownAt: new Date('2026-03-01T10:00:05Z') },
  engineNow: 'Terraform 1.11.4',
};

const pull = (more: Partial<NonNullable<ApprovalFacts['pullRequest']>>) => ({
  pullRequest: { ...good.pullRequest, ...more } as ApprovalFacts['pullRequest'],
});
function approval(more: Partial<RunPolicy['approval']>): RunPolicy {
  return { ...builtInPolicy, approval: { ...builtInPolicy.approval, ...more } };
}
const plan = (more: Partial<ApprovalFacts['plan']>) => ({ plan: { ...good.plan, ...more } });

test('a plan of which every fact holds may be applied', () => assert.equal(refuseApproval(good), null));

test('where nothing is known of a comment, an engine or a pull request, they are not asked for', () => {
  assert.equal(refuseApproval({ ...good, comment: null, engineNow: null, pullRequest: null }), null);
});

test('a first plan, made from no state, may be applied while there is none', () => {
  const none = { state: { versionId: null, serial: null, writtenByRun: null }, plannedSerial: null };
  assert.equal(refuseApproval({ ...good, ...plan({ stateVersionId: null }), ...none }), null);
});

const hold = { reason: 'person' as const, pullRequest: null, runNumber: null, by: 'lee' };

/** Each reason by itself, in the order in which they are told. */
const reasons: [title: string, wrong: Partial<ApprovalFacts>, refusal: unknown][] = [
  [
    'who may only read',
    { approver: { login: 'lee', permission: 'read' } },
    { kind: 'no_permission', needed: 'write', has: 'read' },
  ],
  [
    'the author of the change, where somebody else has to approve',
    { authors: ['Kim'], policy: approval({ selfApprove: false }) },
    { kind: 'self_approval' },
  ],
  ['a fork', pull({ fork: true }), { kind: 'fork' }],
  ['a closed pull request', pull({ state: 'closed' }), { kind: 'closed', state: 'closed' }],
  ['a locked conversation', pull({ locked: true }), { kind: 'locked' }],
  ['a draft', pull({ draft: true }), { kind: 'draft' }],
  ['a stack that is gone from zenfra.yml', plan({ stackRemoved: true }), { kind: 'removed' }],
  ['another base', pull({ baseRef: 'release' }), { kind: 'retargeted', branch: 'main', base: 'release' }],
  ['a stack that somebody holds', { heldBy: hold }, { kind: 'held', hold }],
  ['a plan that was used', plan({ usedByRun: 130 }), { kind: 'used', runNumber: 130 }],
  ['a plan that was discarded', plan({ discardedBy: 'lee' }), { kind: 'discarded', by: 'lee' }],
  [
    'a newer commit',
    pull({ headSha: 'b'.repeat(40) }),
    { kind: 'stale', because: { kind: 'new_commit', head: 'b'.repeat(40) } },
  ],
  [
    'a state that has moved',
    { state: { versionId: 'version 10', serial: '10', writtenByRun: 129 } },
    { kind: 'stale', because: { kind: 'state_changed', from: '9', to: '10', byRun: 129 } },
  ],
  [
    'a plan that is too old',
    { now: new Date(planned.getTime() + day + 1) },
    { kind: 'stale', because: { kind: 'expired', afterMs: day } },
  ],
  [
    'another engine',
    { engineNow: 'OpenTofu 1.11.4' },
    { kind: 'stale', because: { kind: 'engine_changed', from: 'Terraform 1.11.4', to: 'OpenTofu 1.11.4' } },
  ],
  [
    'a plan whose state is kept elsewhere by now',
    plan({ stateMoved: true }),
    { kind: 'stale', because: { kind: 'state_moved' } },
  ],
  ['a plan made with other hooks', plan({ hooksChanged: true }), { kind: 'stale', because: { kind: 'hooks_changed' } }],
  [
    'a configuration bundle that was changed',
    { bundlesNow: [{ name: 'aws', versionId: 'a4', number: 4 }, ...good.bundlesNow.slice(1)] },
    { kind: 'stale', because: { kind: 'bundle_changed', name: 'aws', from: 3, to: 4 } },
  ],
  [
    'a plan that was shown after the comment',
    { comment: { writtenAt: planned, shownAt: new Date(planned.getTime() + 1000) } },
    { kind: 'unseen' },
  ],
];

for (const [title, wrong, refusal] of reasons) {
  test(`${title} is refused`, () => assert.deepEqual(refuseApproval({ ...good, ...wrong }), refusal));
}

for (const [index, [title, wrong, refusal]] of reasons.entries()) {
  const later = reasons.slice(index + 1);
  if (later.length === 0) continue;
  test(`${title} is told before ${later.map(([name]) => name).join(', ')}`, () => {
    for (const [name, alsoWrong] of later) {
      assert.deepEqual(refuseApproval(both(alsoWrong, wrong)), refusal, name);
    }
  });
}

/** Facts that are wrong in two ways; of a plan or a pull request that both speak of, both. */
function both(one: Partial<ApprovalFacts>, other: Partial<ApprovalFacts>): ApprovalFacts {
  const facts = { ...good, ...one, ...other };
  for (const change of [one, other]) {
    if (change.plan) facts.plan = merge(good.plan, facts.plan, change.plan);
    if (change.pullRequest && good.pullRequest)
      facts.pullRequest = merge(good.pullRequest, facts.pullRequest ?? good.pullRequest, change.pullRequest);
  }
  return facts;
}

function merge<T extends object>(normal: T, sum: T, change: T): T {
  const changed = Object.entries(change).filter(([key, value]) => value !== normal[key as keyof T]);
  return { ...sum, ...Object.fromEntries(changed) };
}

test('permission: write and admin may, read and none may not', () => {
  for (const permission of ['write', 'admin'] as const) {
    assert.ok(hasPermission(permission, 'write'));
    assert.equal(refuseApproval({ ...good, approver: { login: 'kim', permission } }), null);
  }
  for (const permission of ['read', 'none'] as const) {
    assert.ok(!hasPermission(permission, 'write'));
    const refusal = { kind: 'no_permission', needed: 'write', has: permission };
    assert.deepEqual(refuseApproval({ ...good, approver: { login: 'kim', permission } }), refusal);
  }
});

test('a destruction takes an admin', () => {
  const type = 'destroy';
  const refusal = { kind: 'no_permission', needed: 'admin', has: 'write' };
  assert.deepEqual(refuseApproval({ ...good, type }), refusal);
  assert.equal(refuseApproval({ ...good, type, approver: { login: 'kim', permission: 'admin' } }), null);
  assert.deepEqual(
    ['plan_only', 'tracked'].map((type) => neededToApprove(type as 'tracked')),
    ['write', 'write'],
  );
});

test('a plan may be applied up to the last millisecond of its life', () => {
  const at = (ms: number) => refuseApproval({ ...good, now: new Date(planned.getTime() + ms) });
  assert.equal(at(day), null);
  assert.equal(at(day + 1)?.kind, 'stale');
});

test('a plan that a pull request shows lives a day, one that waits on its own page a week and a day', () => {
  assert.equal(planExpiresAfterMs({ type: 'tracked', adopted_plan_id: 'plan' }), day);
  assert.equal(planExpiresAfterMs({ type: 'tracked', adopted_plan_id: null }), 8 * day);
});

test('a comment of the same second as the plan’s has seen it, of the second before it has not', () => {
  const shownAt = new Date('2026-03-01T10:00:05Z');
  const written = (second: string) =>
    refuseApproval({ ...good, comment: { writtenAt: new Date(`2026-03-01T10:00:${second}Z`), shownAt } });
  assert.equal(written('05'), null);
  assert.deepEqual(written('04'), { kind: 'unseen' });
});

test('a plan that was never shown cannot be approved by a comment', () => {
  assert.deepEqual(refuseApproval({ ...good, comment: { writtenAt: good.now, shownAt: null } }), { kind: 'unseen' });
});

test('a state that appeared, and one that is gone, make a plan stale', () => {
  const none = { versionId: null, serial: null, writtenByRun: null };
  assert.equal(refuseApproval({ ...good, state: none })?.kind, 'stale');
  assert.equal(refuseApproval({ ...good, ...plan({ stateVersionId: null }), plannedSerial: null })?.kind, 'stale');
});

test('a pull request that was merged meanwhile leaves its plan to the run of the tracked branch', () => {
  assert.deepEqual(refuseApproval({ ...good, ...pull({ state: 'merged' }) }), { kind: 'closed', state: 'merged' });
});

test('the permission is the one that the stack asks for', () => {
  const may = (permission: 'write' | 'maintain' | 'admin', needed: 'write' | 'maintain' | 'admin') =>
    refuseApproval({ ...good, approver: { login: 'kim', permission }, policy: approval({ permission: needed }) });
  assert.equal(may('maintain', 'write'), null);
  assert.equal(may('maintain', 'maintain'), null);
  assert.deepEqual(may('write', 'maintain'), { kind: 'no_permission', needed: 'maintain', has: 'write' });
  assert.deepEqual(may('maintain', 'admin'), { kind: 'no_permission', needed: 'admin', has: 'maintain' });
});

test('what a protected stack leaves to admins it never applies by itself', () => {
  for (const autoApply of ['always', 'no_destroy'] as const) {
    const policy = { ...builtInPolicy, autoApply, protectDestroy: true };
    const judge = (deletes: boolean) => mayApplyByItself({ type: 'tracked', policy, deletes });
    assert.deepEqual([judge(true), judge(false)], [false, true], autoApply);
  }
});

test('a protected stack takes no destroy run, and an admin for a plan that deletes', () => {
  const policy = { ...builtInPolicy, protectDestroy: true };
  const admin = { login: 'kim', permission: 'admin' as const };
  assert.deepEqual(refuseApproval({ ...good, policy, approver: admin, type: 'destroy' }), { kind: 'protected' });
  const deleting = { ...good, policy, ...plan({ deletes: true }) };
  assert.deepEqual(refuseApproval(deleting), { kind: 'no_permission', needed: 'admin', has: 'write' });
  assert.equal(refuseApproval({ ...deleting, approver: admin }), null);
  assert.equal(refuseApproval({ ...good, policy }), null);
});

const requirements: [ApprovalRequirement, Partial<RequirementFacts>, Partial<RequirementFacts>, unknown][] = [
  ['approved', { approvedBy: ['lee'] }, { approvedBy: [] }, { kind: 'not_reviewed' }],
  ['undiverged', { behindBy: 0 }, { behindBy: 3 }, { kind: 'diverged', behindBy: 3 }],
  [
    'checks_passed',
    { checks: { failed: [], pending: [] } },
    { checks: { failed: ['test'], pending: ['lint'] } },
    { kind: 'checks', failed: ['test'], pending: ['lint'] },
  ],
];

for (const [requirement, met, unmet, refusal] of requirements) {
  const policy = approval({ requirements: [requirement] });
  const nothing = { approvedBy: null, behindBy: null, checks: null };
  const judge = (required: Partial<RequirementFacts> | null) =>
    refuseApproval({ ...good, policy, required: required && { ...nothing, ...required } });

  test(`${requirement} is required where the stack says so, and only there`, () => {
    assert.equal(judge(met), null);
    assert.deepEqual(judge(unmet), refusal);
    assert.equal(refuseApproval({ ...good, required: { ...nothing, ...unmet } }), null);
  });

  test(`${requirement} does not hold while it is not known`, () => {
    assert.notEqual(judge(null), null);
    assert.notEqual(judge({}), null);
  });

  test(`${requirement} is about pull requests, not about runs of the tracked branch`, () => {
    assert.equal(refuseApproval({ ...good, policy, pullRequest: null }), null);
  });
}

test('a run that applies by itself is held to the setting as it is when it starts', () => {
  const approver = { login: autoApplier, permission: 'none' as const };
  const judge = (autoApply: RunPolicy['autoApply'], more: Partial<ApprovalFacts> = {}) =>
    refuseApproval({ ...good, pullRequest: null, approver, policy: { ...builtInPolicy, autoApply }, ...more });
  assert.equal(judge('always', plan({ deletes: true })), null);
  assert.equal(judge('no_destroy'), null);
  assert.deepEqual(judge('no_destroy', plan({ deletes: true })), { kind: 'not_automatic' });
  assert.deepEqual(judge('never'), { kind: 'not_automatic' });
  assert.deepEqual(judge('always', { type: 'destroy' }), { kind: 'not_automatic' });
});

test('a stack says itself how old a plan may be', () => {
  const policy = approval({ expiresMs: 3_600_000 });
  assert.equal(planExpiresAfterMs({ type: 'tracked', adopted_plan_id: 'plan' }, policy), 3_600_000);
  assert.equal(planExpiresAfterMs({ type: 'tracked', adopted_plan_id: null }, policy), 3_600_000);
});

test('a plan is out of date when a bundle came, went, was changed or changed places', () => {
  const [aws, common] = [good.bundlesNow[0], good.bundlesNow[1]];
  assert.ok(aws && common);
  const because = (bundlesNow: ApprovalFacts['bundlesNow']) => refuseApproval({ ...good, bundlesNow });
  const changed = (name: string, from: number | null, to: number | null) => ({
    kind: 'stale',
    because: { kind: 'bundle_changed', name, from, to },
  });
  assert.deepEqual(because([aws]), changed('common', 1, null));
  assert.deepEqual(because([{ name: 'gcp', versionId: 'g9', number: 9 }, aws, common]), changed('gcp', null, 9));
  assert.deepEqual(because([common, aws]), changed('common', 1, 1));
  assert.deepEqual(because([aws, { ...common, versionId: 'other' }]), changed('common', 1, 1));
  assert.equal(refuseApproval({ ...good, ...plan({ bundles: [] }), bundlesNow: [] }), null);
});
