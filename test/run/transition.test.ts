import assert from 'node:assert/strict';
import { test } from 'node:test';
import { autoApplier } from '../../src/run/auto-apply.ts';
import type { RunEvent, RunEventType } from '../../src/run/event.ts';
import { type RunStatus, runStatuses, runTypes, statusLabels } from '../../src/run/status.ts';
import {
  acceptedEvents,
  finalStatuses,
  isFinal,
  maxAttempts,
  type RunState,
  transition,
} from '../../src/run/transition.ts';
import { eventTypes, examples, failure, runThatIs } from './examples.ts';

/** Where each event leads a tracked run that a worker has wherever a worker can have it. What is absent is refused. */
const leads: Record<RunEventType, Partial<Record<RunStatus, RunStatus>>> = {
  claimed: { queued: 'preparing', approved: 'applying' },
  initializing_started: { preparing: 'initializing' },
  planning_started: { initializing: 'planning' },
  plan_finished: { planning: 'unconfirmed' },
  plan_adopted: {},
  approved: { unconfirmed: 'approved' },
  apply_started: { approved: 'applying', applying: 'applying' },
  readopted: { applying: 'applying' },
  apply_finished: { applying: 'finished' },
  phase_failed: {
    preparing: 'failed',
    initializing: 'failed',
    planning: 'failed',
    approved: 'failed',
    applying: 'failed',
  },
  cancel_requested: {
    queued: 'canceled',
    preparing: 'preparing',
    initializing: 'initializing',
    planning: 'planning',
    unconfirmed: 'canceled',
    approved: 'approved',
    applying: 'applying',
  },
  superseded: {
    queued: 'discarded',
    preparing: 'preparing',
    initializing: 'initializing',
    planning: 'planning',
    unconfirmed: 'discarded',
    approved: 'approved',
  },
  discarded: { queued: 'discarded', unconfirmed: 'discarded' },
  engine_stopped: {},
  worker_lost: {
    preparing: 'queued',
    initializing: 'queued',
    planning: 'queued',
    approved: 'queued',
    applying: 'approved',
  },
  deadline_passed: { queued: 'failed', unconfirmed: 'discarded' },
};

const withWorker: RunStatus[] = ['preparing', 'initializing', 'planning', 'approved', 'applying'];

for (const event of eventTypes) {
  for (const status of runStatuses) {
    const expected = leads[event][status];
    test(`${event} ${expected ? `makes a run that is ${status} ${expected}` : `is refused where a run is ${status}`}`, () => {
      const moved = transition(runThatIs(status, { leased: withWorker.includes(status) }), examples[event]);
      if (expected !== undefined) return assert.equal(moved.ok && moved.step.status, expected);
      assert.ok(!moved.ok);
      assert.match(moved.why, /^[A-Z].+\.$/);
    });
  }
}

test('a refusal says what the run is, in the words of the page, and what the event needs', () => {
  for (const [status, event, why] of [
    ['finished', 'approved', 'This run is finished; only a run that needs approval can be approved.'],
    [
      'unconfirmed',
      'claimed',
      'This run is waiting for approval; a worker can take it only while it is queued or approved.',
    ],
    ['discarded', 'cancel_requested', 'This run is discarded; there is nothing to cancel.'],
  ] as const) {
    assert.deepEqual(transition(runThatIs(status), examples[event]), { ok: false, why });
  }
});

test('the final statuses are those that no event leads out of', () => {
  assert.deepEqual(finalStatuses, ['finished', 'failed', 'discarded', 'canceled']);
  for (const status of runStatuses) assert.equal(isFinal(status), acceptedEvents(status).length === 0, status);
});

/** What an event makes of a run: its status, or the refusal. */
function after(run: RunState, event: RunEvent): string {
  const moved = transition(run, event);
  return moved.ok ? moved.step.status : moved.why;
}

function stepOf(run: RunState, event: RunEvent) {
  const moved = transition(run, event);
  assert.ok(moved.ok, moved.ok ? '' : moved.why);
  return moved.step;
}

test('a plan-only run finishes with its plan, whatever the plan says and the stack allows', () => {
  for (const hasChanges of [true, false]) {
    for (const autoApply of [true, false]) {
      const run = runThatIs('planning', { type: 'plan_only', leased: true });
      assert.equal(after(run, { type: 'plan_finished', hasChanges, autoApply }), 'finished');
    }
  }
});

test('a tracked run without changes finishes, with changes it waits, and where the stack applies by itself it is approved', () => {
  const run = runThatIs('planning', { leased: true });
  assert.equal(after(run, { type: 'plan_finished', hasChanges: false, autoApply: true }), 'finished');
  assert.equal(after(run, { type: 'plan_finished', hasChanges: true, autoApply: false }), 'unconfirmed');
  const { status, approvedBy, effects } = stepOf(run, { type: 'plan_finished', hasChanges: true, autoApply: true });
  assert.deepEqual(
    { status, approvedBy, effects },
    {
      status: 'approved',
      approvedBy: autoApplier,
      effects: ['start_phase', 'report'],
    },
  );
});

test('a destroy run always waits for a person', () => {
  const run = runThatIs('planning', { type: 'destroy', leased: true });
  assert.equal(after(run, { type: 'plan_finished', hasChanges: true, autoApply: true }), 'unconfirmed');
});

test('only a run that was made with a plan adopts one, and waits for nobody then', () => {
  const adopted = runThatIs('planning', { adopted: true, leased: true });
  assert.equal(after(adopted, examples.plan_adopted), 'approved');
  assert.equal(
    after(runThatIs('planning', { leased: true }), examples.plan_adopted),
    'Only a run that was made with a plan can adopt one.',
  );
});

test('an approval names the person and wakes a worker', () => {
  const { approvedBy, effects } = stepOf(runThatIs('unconfirmed'), examples.approved);
  assert.deepEqual({ approvedBy, effects }, { approvedBy: 'kim', effects: ['start_phase', 'report'] });
});

test('an apply starts only in the hands of a worker', () => {
  assert.equal(after(runThatIs('approved'), examples.apply_started), 'No worker has this run.');
});

test('every end frees the stack, ends the right to the state and tells GitHub', () => {
  const ends: [RunState, RunEvent][] = [
    [runThatIs('planning', { type: 'plan_only', leased: true }), examples.plan_finished],
    [runThatIs('applying', { leased: true }), examples.apply_finished],
    [runThatIs('planning', { leased: true }), examples.phase_failed],
    [runThatIs('queued'), examples.cancel_requested],
    [runThatIs('unconfirmed'), examples.discarded],
    [runThatIs('queued'), examples.superseded],
    [runThatIs('queued'), examples.deadline_passed],
    [runThatIs('planning', { leased: true, cancelRequested: true }), examples.engine_stopped],
    [runThatIs('planning', { leased: true, attempt: maxAttempts }), examples.worker_lost],
  ];
  for (const [run, event] of ends) {
    const { status, effects } = stepOf(run, event);
    assert.ok(isFinal(status), event.type);
    assert.deepEqual(effects, ['revoke_credentials', 'release_stack', 'report'], event.type);
  }
});

test('a cancel takes effect at once where no worker has the run, and says who asked', () => {
  for (const status of ['queued', 'unconfirmed', 'approved'] as const) {
    const { status: now, endedBecause } = stepOf(runThatIs(status), examples.cancel_requested);
    assert.deepEqual([now, endedBecause], ['canceled', 'Canceled by @kim'], status);
  }
});

test('a running engine is told to stop, once, and the run is canceled when it has', () => {
  for (const status of withWorker) {
    const { cancel, endedBecause } = stepOf(runThatIs(status, { leased: true }), examples.cancel_requested);
    assert.deepEqual(cancel, { by: '@kim', as: 'canceled' }, status);
    assert.equal(endedBecause, 'Canceled by @kim');
    const asked = runThatIs(status, { leased: true, cancelRequested: true, cancelAs: 'canceled' });
    assert.equal(after(asked, examples.cancel_requested), 'It is being canceled already.');
    assert.equal(after(asked, examples.engine_stopped), 'canceled');
    const stopped = { ...failure, reason: 'canceled' as const };
    assert.equal(after(asked, { type: 'phase_failed', failure: stopped }), 'canceled');
  }
});

test('an apply that is canceled on its way keeps what is known of it, and one that had not begun has nothing to tell', () => {
  const asked = runThatIs('applying', { leased: true, cancelRequested: true, cancelAs: 'canceled' });
  const stopped = { ...failure, reason: 'canceled' as const, phase: 'applying' as const };
  const told = (phase: 'planning' | 'applying') =>
    stepOf(asked, { type: 'phase_failed', failure: { ...stopped, phase } }).failure;
  assert.deepEqual(told('applying'), stopped);
  assert.equal(told('planning'), undefined);
});

test('a plan that is ready before its engine could be stopped ends as was asked, and waits for nobody', () => {
  for (const cancelAs of ['canceled', 'discarded'] as const) {
    for (const type of runTypes) {
      const run = runThatIs('planning', { type, leased: true, cancelRequested: true, cancelAs });
      assert.equal(after(run, { type: 'plan_finished', hasChanges: true, autoApply: true }), cancelAs, type);
      assert.equal(after(run, { type: 'plan_finished', hasChanges: false, autoApply: true }), cancelAs, type);
    }
  }
});

test('an apply that is done before its engine could be stopped has finished, and does not say that it was canceled', () => {
  const run = runThatIs('applying', { leased: true, cancelRequested: true, cancelAs: 'canceled' });
  const { status, endedBecause } = stepOf(run, examples.apply_finished);
  assert.deepEqual([status, endedBecause], ['finished', null]);
});

test('an engine that stops although nobody asked is not canceled', () => {
  assert.equal(after(runThatIs('planning', { leased: true }), examples.engine_stopped), 'Nobody asked to cancel it.');
});

test('a phase that fails for its own reason while it is being canceled has failed', () => {
  const run = runThatIs('planning', { leased: true, cancelRequested: true, cancelAs: 'canceled' });
  const { status, failure: told } = stepOf(run, examples.phase_failed);
  assert.deepEqual([status, told], ['failed', failure]);
});

test('a newer push ends what waits and stops what runs, and what it stops ends as discarded', () => {
  const { endedBecause } = stepOf(runThatIs('unconfirmed'), examples.superseded);
  assert.equal(endedBecause, 'Superseded by 4f2c9d1');
  const { cancel } = stepOf(runThatIs('planning', { leased: true }), examples.superseded);
  assert.deepEqual(cancel, { by: '4f2c9d1', as: 'discarded' });
  const asked = runThatIs('planning', { leased: true, cancelRequested: true, cancelAs: 'discarded' });
  assert.equal(after(asked, examples.engine_stopped), 'discarded');
  assert.equal(after(asked, examples.worker_lost), 'discarded');
});

test('a run that applies an approved plan is never superseded', () => {
  for (const status of runStatuses.filter((one) => !isFinal(one))) {
    const moved = transition(runThatIs(status, { adopted: true }), examples.superseded);
    assert.equal(moved.ok, false, status);
  }
});

test('an approved run can be discarded until a worker has it', () => {
  assert.equal(after(runThatIs('approved'), examples.discarded), 'discarded');
  assert.equal(
    after(runThatIs('approved', { leased: true }), examples.discarded),
    'The apply is about to start; cancel the run instead.',
  );
});

test('a worker that is lost before the apply is replaced, and after the third the run has failed', () => {
  for (const status of ['preparing', 'initializing', 'planning'] as const) {
    const lost = (attempt: number) => stepOf(runThatIs(status, { leased: true, attempt }), examples.worker_lost);
    assert.deepEqual(
      [1, 2].map((attempt) => lost(attempt).status),
      ['queued', 'queued'],
    );
    assert.deepEqual(lost(1).effects, ['start_phase', 'report']);
    assert.equal(lost(maxAttempts).status, 'failed');
    assert.equal(lost(maxAttempts).failure?.headline, 'The worker was lost 3 times');
    assert.equal(lost(maxAttempts).failure?.phase, status);
    assert.equal(lost(maxAttempts).failure?.outcomeUnknown, undefined);
  }
});

test('a worker that is lost once the plan is used leaves an unknown outcome: held, never tried again, its credential still good', () => {
  for (const attempt of [1, 2, 3]) {
    const run = runThatIs('applying', { leased: true, attempt, cancelRequested: attempt === 2, cancelAs: 'canceled' });
    const step = stepOf(run, { type: 'worker_lost', applyStarted: true });
    assert.equal(step.status, 'failed');
    assert.equal(step.failure?.outcomeUnknown, true);
    assert.deepEqual(step.effects, ['hold_stack', 'release_stack', 'report']);
  }
});

test('a worker that is lost before it used the plan gives the approved run to another', () => {
  const { status, effects } = stepOf(runThatIs('applying', { leased: true }), examples.worker_lost);
  assert.deepEqual([status, effects], ['approved', ['start_phase']]);
  assert.equal(after(runThatIs('applying', { leased: true, attempt: maxAttempts }), examples.worker_lost), 'failed');
});

test('an apply whose end nobody knows holds the stack', () => {
  const unknown = { ...failure, phase: 'applying' as const, outcomeUnknown: true };
  const { status, effects } = stepOf(runThatIs('applying', { leased: true }), {
    type: 'phase_failed',
    failure: unknown,
  });
  assert.deepEqual([status, effects], ['failed', ['hold_stack', 'release_stack', 'report']]);
});

test('no deadline ends a run that a worker has', () => {
  for (const status of withWorker) {
    assert.equal(transition(runThatIs(status, { leased: true }), examples.deadline_passed).ok, false, status);
  }
});

test('a deadline that passes says what was waited for', () => {
  assert.equal(
    stepOf(runThatIs('queued'), examples.deadline_passed).failure?.headline,
    'No worker took this run within 24 hours',
  );
  assert.equal(stepOf(runThatIs('approved'), examples.deadline_passed).failure?.reason, 'timed_out');
  assert.equal(
    stepOf(runThatIs('unconfirmed'), examples.deadline_passed).endedBecause,
    'Discarded: nobody approved it within 7 days',
  );
});

test('every status has a label', () => {
  for (const status of runStatuses) assert.match(statusLabels[status], /^[A-Z][a-z]+/);
});
