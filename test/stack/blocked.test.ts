import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockedStacks, type Standing } from '../../src/stack/blocked.ts';

/** `c` depends on `b`, which depends on `a`; and how each stands. */
function chain(...are: Standing['is'][]): Standing[] {
  const names = ['a', 'b', 'c'];
  return are.map((is, at) => ({ definition: { name: names[at] ?? '', dependsOn: names.slice(at - 1, at) }, is }));
}

for (const [title, standings, held] of [
  ['what depends on a stack that is not applied is held up', chain('missing', 'ready', 'ready'), { b: 'a', c: 'a' }],
  ['… also through one that has nothing to apply', chain('missing', 'unchanged', 'ready'), { c: 'a' }],
  ['… and not through one that is applied', chain('missing', 'settled', 'ready'), {}],
  ['what depends on one that is applied now, or was, is not', chain('ready', 'settled', 'ready'), {}],
  ['the nearest is named', chain('ready', 'missing', 'ready'), { c: 'b' }],
] satisfies [string, Standing[], Record<string, string>][]) {
  test(title, () => {
    const all = standings.map(({ definition }) => definition);
    assert.deepEqual(Object.fromEntries(blockedStacks(standings, all)), held);
  });
}
