import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ContentBudget, contentLimits, PutOff, type Urgency } from '../../src/github/budget.ts';

/** A budget with GitHub's limits and a clock that is moved by hand. */
function budgetAt(start: number) {
  const clock = { now: start };
  const budget = new ContentBudget(contentLimits, () => clock.now);
  /** Takes as often as it can, and tells when the next would be let through. */
  const drain = async (urgency: Urgency = 'report'): Promise<{ taken: number; retryAt: number }> => {
    for (let taken = 0; ; taken += 1) {
      try {
        await budget.take(urgency);
      } catch (error) {
        assert.ok(error instanceof PutOff);
        return { taken, retryAt: error.retryAt.getTime() };
      }
    }
  };
  return { budget, clock, drain };
}

const start = Date.parse('2026-03-01T10:00:00Z');
const minute = 60_000;

test('a burst passes at once, up to GitHub’s limit of a minute', async () => {
  const { drain } = budgetAt(start);
  assert.deepEqual(await drain(), { taken: 80, retryAt: start + minute });
});

test('after a minute as many pass again', async () => {
  const { drain, clock } = budgetAt(start);
  await drain();
  clock.now += minute;
  assert.equal((await drain()).taken, 80);
});

test('within an hour no more pass than GitHub’s limit of an hour', async () => {
  const { drain, clock } = budgetAt(start);
  let sum = 0;
  for (let minutes = 0; minutes < 60; minutes += 1) {
    sum += (await drain()).taken;
    clock.now += minute;
  }
  assert.equal(sum, 500);
  assert.equal((await drain()).taken, 80);
});

test('reactions, news and details leave a fifth for reports', async () => {
  const { drain } = budgetAt(start);
  assert.deepEqual(await drain('courtesy'), { taken: 64, retryAt: start + minute });
  assert.deepEqual(await drain('detail'), { taken: 0, retryAt: start + minute });
  assert.equal((await drain('report')).taken, 16);
});

test('when GitHub names a time, nothing passes before it', async () => {
  const { budget, drain, clock } = budgetAt(start);
  budget.pause(new Date(start + 10 * minute));
  budget.pause(new Date(start + minute));
  assert.deepEqual(await drain(), { taken: 0, retryAt: start + 10 * minute });
  clock.now += 10 * minute;
  assert.equal((await drain()).taken, 80);
});

test('a short wait is waited for, and the order is kept', async () => {
  const budget = new ContentBudget([{ requests: 2, perMs: 40 }]);
  const passed: number[] = [];
  await Promise.all([1, 2, 3, 4].map((n) => budget.take().then(() => passed.push(n))));
  assert.deepEqual(passed, [1, 2, 3, 4]);
});

test('without limits everything passes', async () => {
  const budget = new ContentBudget([]);
  for (let sent = 0; sent < 1_000; sent += 1) await budget.take('courtesy');
});
