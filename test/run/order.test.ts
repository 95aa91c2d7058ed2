import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  activeRun,
  isOnTheClock,
  type OrderedRun,
  othersHold,
  supersededByCommit,
  supersededByPush,
  turnOf,
  waitingRuns,
} from '../../src/run/order.ts';
import { runStatuses, runTypes } from '../../src/run/status.ts';

/** A tracked run of a push that waits. */
function run(number: number, more: Partial<OrderedRun> = {}): OrderedRun {
  return { id: `run ${number}`, number, type: 'tracked', status: 'queued', adopted: false, pullRequest: null, ...more };
}

const numbers = (runs: OrderedRun[]) => runs.map(({ number }) => number);

test('a plan-only run waits for nobody', () => {
  const planOnly = run(3, { type: 'plan_only' });
  assert.deepEqual(turnOf(planOnly, [run(1, { status: 'applying' }), run(2), planOnly]), { now: true });
});

for (const status of ['preparing', 'initializing', 'planning', 'unconfirmed', 'approved', 'applying'] as const) {
  test(`a tracked run waits for one that is ${status}`, () => {
    const holder = run(1, { status });
    assert.deepEqual(turnOf(run(2), [holder, run(2)]), { now: false, behind: holder, place: 1 });
  });
}

test('a destroy run takes turns with tracked ones', () => {
  const holder = run(1, { type: 'destroy', status: 'unconfirmed' });
  assert.deepEqual(turnOf(run(2), [holder, run(2)]), { now: false, behind: holder, place: 1 });
  const destroy = run(3, { type: 'destroy' });
  assert.deepEqual(turnOf(destroy, [run(2), destroy]), { now: false, behind: run(2), place: 2 });
});

test('those that wait are served by number, adopted plans first since they age', () => {
  const adopted = run(5, { adopted: true });
  assert.deepEqual(numbers(waitingRuns([run(4), adopted, run(3), run(2, { type: 'plan_only' })])), [5, 3, 4]);
  assert.deepEqual(turnOf(run(3), [run(3), run(4), adopted]), { now: false, behind: adopted, place: 2 });
  assert.deepEqual(turnOf(adopted, [run(3), run(4), adopted]), { now: true });
});

test('the one that is active is who the page names, however many wait', () => {
  const holder = run(1, { status: 'unconfirmed' });
  assert.deepEqual(turnOf(run(4), [holder, run(3), run(4)]), { now: false, behind: holder, place: 2 });
});

test('ended runs are in nobody’s way', () => {
  for (const status of ['finished', 'failed', 'discarded', 'canceled'] as const) {
    assert.equal(activeRun([run(1, { status })]), undefined);
    assert.deepEqual(turnOf(run(2), [run(1, { status }), run(2)]), { now: true });
  }
});

test('a push ends older tracked runs up to their approval, but none that applies, was adopted, or destroys', () => {
  const runs = [
    run(1, { status: 'applying' }),
    run(2, { adopted: true }),
    run(3, { type: 'destroy' }),
    run(4, { type: 'plan_only' }),
    run(5),
    run(6, { status: 'planning' }),
    run(7, { status: 'unconfirmed' }),
    run(8, { status: 'approved' }),
  ];
  assert.deepEqual(numbers(supersededByPush(runs)), [5, 6, 7, 8]);
});

test('a commit on a pull request ends the plan-only runs of that pull request alone', () => {
  const runs = [
    run(1, { type: 'plan_only', pullRequest: 7 }),
    run(2, { type: 'plan_only', pullRequest: 8 }),
    run(3, { type: 'plan_only' }),
    run(4, { adopted: true, pullRequest: 7 }),
  ];
  assert.deepEqual(numbers(supersededByCommit(runs, 7)), [1]);
});

test('a pull request’s own hold does not keep its runs back; anybody else’s does', () => {
  const own = { reason: 'pull_request' as const, pull_request_number: 7 };
  const other = { reason: 'pull_request' as const, pull_request_number: 8 };
  const unknown = { reason: 'outcome_unknown' as const, pull_request_number: 7 };
  const person = { reason: 'person' as const, pull_request_number: null };
  const ofSeven = { pull_request_number: 7 };
  assert.equal(othersHold(ofSeven, [own]), undefined);
  for (const hold of [other, unknown, person]) assert.equal(othersHold(ofSeven, [own, hold]), hold);
  assert.equal(othersHold({ pull_request_number: null }, [own]), own);
});

test('of all that wait on a stack at most one has its turn, and one has it unless another is active', () => {
  const some = fc.record({
    type: fc.constantFrom(...runTypes),
    status: fc.constantFrom(...runStatuses),
    adopted: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(some, { maxLength: 12 }), (drawn) => {
      const runs = drawn.map((more, index) => run(index + 1, more));
      const waiting = waitingRuns(runs);
      const turns = waiting.filter((one) => turnOf(one, runs).now);
      assert.equal(turns.length, waiting.length > 0 && !activeRun(runs) ? 1 : 0);
      const places = waiting.flatMap((one) => {
        const turn = turnOf(one, runs);
        return turn.now ? [1] : [turn.place];
      });
      assert.deepEqual(
        places,
        waiting.map((_, index) => index + 1),
      );
    }),
  );
});

test('time counts against a run that waits for a worker, and not against one that an approved plan has overtaken', () => {
  const overtaken = run(2);
  assert.equal(isOnTheClock(overtaken, [overtaken], []), true);
  assert.equal(isOnTheClock(overtaken, [overtaken, run(3, { adopted: true })], []), false);
  assert.equal(isOnTheClock(overtaken, [run(1, { status: 'unconfirmed' }), overtaken], []), false);
});

test('time counts against an approved run unless others hold the stack', () => {
  const approved = run(2, { status: 'approved', pullRequest: 7 });
  const hold = { reason: 'pull_request' as const, pull_request_number: 7 };
  assert.equal(isOnTheClock(approved, [approved], []), true);
  assert.equal(isOnTheClock(approved, [approved], [hold]), true);
  assert.equal(isOnTheClock(approved, [approved], [{ ...hold, pull_request_number: 8 }]), false);
});

test('time counts against a run that waits for a person, whoever holds the stack', () => {
  const unconfirmed = run(2, { status: 'unconfirmed' });
  const hold = { reason: 'person' as const, pull_request_number: null };
  assert.equal(isOnTheClock(unconfirmed, [unconfirmed, run(3)], [hold]), true);
});
