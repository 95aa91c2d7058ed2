import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from '../../src/stack/nearest.ts';

const words = ['approve', 'plan', 'help', 'unlock'];

for (const [typed, meant] of [
  ['aprove', 'approve'],
  ['apporve', 'approve'],
  ['approved', 'approve'],
  ['paln', 'plan'],
  ['plann', 'plan'],
  ['HELP', 'help'],
  ['hold', null],
  ['lgtm', null],
  ['', null],
  ['x'.repeat(10_000), null],
] as const) {
  test(`${typed.slice(0, 20)} is nearest to ${meant ?? 'nothing'}`, () => assert.equal(nearest(typed, words), meant));
}

test('of several near words the nearest is taken', () => {
  assert.equal(nearest('paths', ['pathes', 'path', 'paths2']), 'pathes');
  assert.equal(nearest('network-prd', ['network-dev', 'network-prod']), 'network-prod');
});
