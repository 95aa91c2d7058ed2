import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lostDeliveries } from '../../src/triggers/catch-up/deliveries.ts';

const now = new Date('2026-03-01T12:00:00Z');
const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000);

/** An attempt at the delivery `guid`, so many minutes ago. */
function attempt(id: number, guid: string, { ago, status }: { ago: number; status: number }) {
  return { id, guid, deliveredAt: minutesAgo(ago), statusCode: status };
}

test('what was not answered, or not with a 2xx, is asked for again, the oldest first', () => {
  const log = [
    attempt(3, 'c', { ago: 1, status: 202 }),
    attempt(2, 'b', { ago: 2, status: 0 }),
    attempt(1, 'a', { ago: 3, status: 503 }),
  ];
  assert.deepEqual(lostDeliveries(log, new Set(), now), { due: [1, 2], openSince: minutesAgo(3) });
});

test('what came at another attempt, or was stored though its answer was lost, is not', () => {
  const log = [
    attempt(3, 'a', { ago: 1, status: 202 }),
    attempt(2, 'b', { ago: 2, status: 0 }),
    attempt(1, 'a', { ago: 3, status: 500 }),
  ];
  assert.deepEqual(lostDeliveries(log, new Set(['b']), now), { due: [], openSince: null });
});

test('after each try the pause is twice as long, and after six nothing is tried', () => {
  const tries = (count: number, ago: number) =>
    Array.from({ length: count }, (_, at) => attempt(at + 1, 'a', { ago: ago + count - at, status: 500 }));
  assert.deepEqual(lostDeliveries(tries(2, -0.5), new Set(), now).due, []);
  assert.deepEqual(lostDeliveries(tries(2, 0), new Set(), now).due, [2]);
  assert.deepEqual(lostDeliveries(tries(4, 2), new Set(), now).due, []);
  assert.deepEqual(lostDeliveries(tries(4, 3), new Set(), now).due, [4]);
  assert.deepEqual(lostDeliveries(tries(6, 60), new Set(), now), { due: [], openSince: null });
});
