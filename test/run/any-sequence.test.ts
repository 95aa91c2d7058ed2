import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { RunEvent } from '../../src/run/event.ts';
import { leaseAfter } from '../../src/run/lease.ts';
import { runTypes } from '../../src/run/status.ts';
import { isFinal, maxAttempts, type RunState, type Step, transition } from '../../src/run/transition.ts';
import { eventTypes, examples, failure, runThatIs } from './examples.ts';

const failures = fc
  .record({
    reason: fc.constantFrom('exit' as const, 'refused' as const, 'timed_out' as const, 'canceled' as const),
    outcomeUnknown: fc.boolean(),
  })
  .map((more) => ({ ...failure, ...more }));

const events: fc.Arbitrary<RunEvent> = fc.oneof(
  fc.constantFrom(...eventTypes.map((type) => examples[type])),
  fc.record({ type: fc.constant('plan_finished' as const), hasChanges: fc.boolean(), autoApply: fc.boolean() }),
  fc.record({ type: fc.constant('worker_lost' as const), applyStarted: fc.boolean() }),
  fc.record({ type: fc.constant('phase_failed' as const), failure: failures }),
);

const newRuns = fc
  .record({ type: fc.constantFrom(...runTypes), adopted: fc.boolean() })
  .map(({ type, adopted }) => runThatIs('queued', { type, attempt: 0, adopted: adopted && type === 'tracked' }));

/** What the door writes of a step. */
function write(run: RunState, event: RunEvent, step: Step): RunState {
  const lease = leaseAfter(event, step.status);
  return {
    ...run,
    status: step.status,
    attempt: step.approvedBy === undefined ? run.attempt + Number(lease === 'taken') : 0,
    leased: lease === 'taken' || (lease === 'kept' && run.leased),
    ...(step.cancel ? { cancelRequested: true, cancelAs: step.cancel.as } : {}),
  };
}

/** Plays a run from its beginning and calls `look` at each step that the rules accept. */
function play(
  run: RunState,
  happening: RunEvent[],
  look: (seen: { before: RunState; after: RunState; step: Step; event: RunEvent }) => void,
): RunState {
  let now = run;
  for (const event of happening) {
    // A worker loses only what it has.
    if (event.type === 'worker_lost' && !now.leased) continue;
    const moved = transition(now, event);
    if (!moved.ok) continue;
    const before = now;
    now = write(before, event, moved.step);
    look({ before, after: now, step: moved.step, event });
  }
  return now;
}

function always(claim: string, look: Parameters<typeof play>[2]): void {
  test(`whatever happens in whatever order, ${claim}`, () => {
    fc.assert(
      fc.property(newRuns, fc.array(events, { maxLength: 40 }), (run, happening) => {
        play(run, happening, look);
      }),
      { numRuns: 3_000 },
    );
  });
}

always('a plan-only run never waits for approval and never applies', ({ after }) => {
  if (after.type === 'plan_only') assert.ok(!['unconfirmed', 'approved', 'applying'].includes(after.status));
});

always('an ended run stays as it ended', ({ before }) => assert.ok(!isFinal(before.status)));

always('a run is taken at most three times before it is approved, and three times after', ({ after }) => {
  assert.ok(after.attempt <= maxAttempts, String(after.attempt));
});

always('a failed run says why, and only a failed one', ({ after, step }) => {
  assert.equal(step.failure !== undefined, after.status === 'failed');
});

always(
  'nothing applies that was not approved by a person, with the run, or by the stack’s rule',
  ({ before, after }) => {
    if (after.status !== 'applying' || before.status === 'applying') return;
    assert.equal(before.status, 'approved');
  },
);

always('an ended run is in no worker’s hands', ({ after }) => {
  if (isFinal(after.status)) assert.equal(after.leased, false);
});

always('a run that is to be canceled waits for nothing but its engine', ({ after }) => {
  if (after.cancelRequested && !isFinal(after.status)) assert.ok(after.leased, after.status);
});

always('an unknown outcome holds the stack and is never tried again', ({ after, step }) => {
  if (!step.failure?.outcomeUnknown || !step.effects.includes('hold_stack')) return;
  assert.equal(after.status, 'failed');
  assert.ok(!step.effects.includes('start_phase'));
});

always('a run that ends frees its stack', ({ after, step }) => {
  if (isFinal(after.status)) assert.ok(step.effects.includes('release_stack'));
});

always('a run that waits for a worker again has woken one', ({ before, after, step }) => {
  const waits = (after.status === 'queued' || after.status === 'approved') && !after.leased;
  if (waits && before.leased) assert.ok(step.effects.includes('start_phase'));
});

test('from wherever a run has got to, it can still be ended', () => {
  fc.assert(
    fc.property(newRuns, fc.array(events, { maxLength: 40 }), (run, happening) => {
      const reached = play(run, happening, () => {});
      const stop: RunEvent[] = [examples.cancel_requested, examples.engine_stopped];
      const ended = play(reached, reached.leased ? [...stop, examples.worker_lost] : stop, () => {});
      assert.ok(isFinal(ended.status), `${reached.status} became ${ended.status}`);
    }),
    { numRuns: 3_000 },
  );
});
