import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readItems } from '../../src/pages/bundle-form.ts';

function saved(kind: 'variable' | 'file', value: string): string | undefined {
  return readItems({ [`${kind}.0.name`]: 'A', [`${kind}.0.value`]: value })[0]?.value;
}

test('the line end that was copied along with a value of one line is no part of it', () => {
  assert.equal(saved('variable', 'AKIA123\r\n'), 'AKIA123');
  assert.equal(saved('variable', '\r\n'), '', 'which keeps the secret that is there');
  assert.equal(saved('variable', ' a b '), ' a b ');
  assert.equal(saved('variable', '-----BEGIN\r\n-----END\r\n'), '-----BEGIN\n-----END\n');
  assert.equal(saved('file', 'one\r\n'), 'one\n');
});
