import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultConfig } from '../../src/stack/default-config.ts';
import { stackNamePattern } from '../../src/stack/definition.ts';

test('a root with .tf files is one stack that watches everything', () => {
  const [stack, ...others] = defaultConfig(true, 'Acme.Infra').stacks;
  assert.deepEqual(others, []);
  assert.deepEqual([stack?.name, stack?.path, stack?.pushPaths], ['acme-infra', '.', ['**']]);
});

test('a root without .tf files has no stacks', () => {
  assert.deepEqual(defaultConfig(false, 'acme').stacks, []);
});

test('any repository’s name becomes a stack’s name', () => {
  for (const name of ['.github', '---', '_x', 'x'.repeat(100), 'A.B.C', '']) {
    assert.match(defaultConfig(true, name).stacks[0]?.name ?? '', stackNamePattern, name);
  }
});
