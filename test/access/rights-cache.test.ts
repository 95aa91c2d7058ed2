import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RightsCache, RightsUnknown } from '../../src/access/rights-cache.ts';
import type { Permission } from '../../src/run/checks.ts';

const rights = new Map<number, Permission>([[7, 'write']]);
const [second, minute] = [1_000, 60_000];

test('while GitHub does not answer, what it said last holds for 15 minutes, for all who ask', async (t) => {
  t.mock.timers.enable({ apis: ['Date'] });
  let [away, asked] = [false, 0];
  const cache = new RightsCache(async () => {
    asked++;
    if (away) throw new Error('502');
    return rights;
  });
  const answers = () => Promise.allSettled([cache.get('kim'), cache.get('kim')]);
  const known = Array(2).fill({ status: 'fulfilled', value: rights });
  assert.deepEqual(await answers(), known);
  assert.equal(asked, 1);
  away = true;
  for (const passed of [61 * second, second, minute, 12 * minute]) {
    t.mock.timers.tick(passed);
    assert.deepEqual(await answers(), known);
  }
  assert.equal(asked, 4, 'a second after GitHub did not answer it is not asked again');
  t.mock.timers.tick(minute);
  for (const one of await answers()) assert.ok(one.status === 'rejected' && one.reason instanceof RightsUnknown);
  away = false;
  t.mock.timers.tick(minute);
  assert.deepEqual(await answers(), known);
});

test('what GitHub said holds no longer because the clock was set back by an hour', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 60 * minute });
  const answers = [rights, new Map<number, Permission>()];
  const cache = new RightsCache(async () => answers.shift() ?? rights);
  await cache.get('kim');
  t.mock.timers.setTime(0);
  assert.equal((await cache.get('kim')).size, 0);
});

test('what was forgotten while GitHub was asked is asked for again', async () => {
  const first = Promise.withResolvers<typeof rights>();
  const all = [first.promise, Promise.resolve(new Map<number, Permission>())];
  const cache = new RightsCache(async () => all.shift() ?? rights);
  const early = cache.get('kim');
  cache.forget('kim');
  first.resolve(rights);
  assert.equal(await early, rights);
  assert.equal((await cache.get('kim')).size, 0);
});

test('who has rights on nothing yet is looked up again within seconds, others within a minute', async (t) => {
  t.mock.timers.enable({ apis: ['Date'] });
  let granted = new Map<number, Permission>();
  const cache = new RightsCache(async () => granted);
  assert.equal((await cache.get('kim')).size, 0);
  granted = rights;
  assert.equal((await cache.get('kim')).size, 0, 'not at each page');
  t.mock.timers.tick(5 * second);
  assert.equal(await cache.get('kim'), rights);
  granted = new Map();
  t.mock.timers.tick(59 * second);
  assert.equal(await cache.get('kim'), rights);
});
