import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../../src/stack/read-config.ts';

const bomb = [
  'a: &a [x, x, x, x, x, x, x, x, x]',
  'b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]',
  'c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]',
  'd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]',
].join('\n');

for (const [what, text, place, message] of [
  ['an alias bomb', bomb, '2:8', 'Aliases ("*…") repeat too much. Write the values out, or use the defaults block.'],
  [
    'an alias without anchor',
    'a: &x 1\nb: *y\n',
    '2:4',
    'This alias ("*…") has no anchor ("&…") before it. Write the value out.',
  ],
  [
    'a custom tag',
    'stacks:\n  a: !include a.yml\n',
    '2:15',
    'YAML tags ("!…") are not read. Write the value without one.',
  ],
  [
    'a tag for code',
    'stacks: !!js/function "x"',
    '1:23',
    'YAML tags ("!…") are not read. Write the value without one.',
  ],
  ['a tag for bytes', 'stacks: !!binary aGk=', '1:18', 'YAML tags ("!…") are not read. Write the value without one.'],
  [
    'a key twice',
    'stacks:\n  a: { path: a }\n  a: { path: b }\n',
    '3:3',
    'This key stands twice in the same mapping. Remove one of them.',
  ],
  [
    'two documents',
    'stacks: {}\n---\nstacks: {}\n',
    '2:1',
    'zenfra.yml holds a second document. Remove the "---" and what follows.',
  ],
  ['a list as a key', '? [a]\n: 1\n', '1:3', 'This is not YAML: With stringKeys, all keys must be strings.'],
  [
    'an open bracket',
    'stacks: [a\n',
    '2:1',
    'This is not YAML: Flow sequence in block collection must be sufficiently indented and end with a ].',
  ],
  ['nothing', '', '1:1', 'zenfra.yml is empty. Name at least one stack, or remove the file.'],
  ['only a comment', '# later\n', '1:1', 'zenfra.yml is empty. Name at least one stack, or remove the file.'],
  ['a list', '- a\n', '1:1', 'zenfra.yml must be a mapping, but is a list.'],
  ['too much', `#${'x'.repeat(300_000)}`, '1:1', 'zenfra.yml has 300001 characters; at most 262144 are read.'],
] as const) {
  test(`${what} in zenfra.yml is one error with its place`, () => {
    const reading = readConfig(text);
    assert.deepEqual(
      reading.ok || reading.errors.slice(0, 1).map((error) => [`${error.line}:${error.column}`, error.message]),
      [[place, message]],
    );
  });
}

test('brackets nested ten thousand deep are one error', () => {
  const reading = readConfig('['.repeat(10_000));
  assert.deepEqual(reading.ok || reading.errors.map((error) => error.message), [
    'This is nested more deeply than any zenfra.yml needs. Use plain mappings.',
  ]);
});

test('thousands of aliases are one error, not a walk through the file for each', () => {
  const reading = readConfig(`a: &x 1\n${Array.from({ length: 20_000 }, (_, i) => `k${i}: *x\n`).join('')}`);
  assert.deepEqual(reading.ok || reading.errors.map(({ line, column }) => [line, column]), [[102, 7]]);
});

test('an alias that holds itself is an error like any wrong value', () => {
  const reading = readConfig('stacks: &a { b: *a }\n');
  assert.ok(!reading.ok);
});

test('a few anchors are welcome', () => {
  const reading = readConfig(
    'stacks:\n  a: { path: a, var_files: &files [x.tfvars] }\n  b: { path: b, var_files: *files }\n',
  );
  assert.deepEqual(reading.ok && reading.config.stacks.map((stack) => stack.varFiles), [['x.tfvars'], ['x.tfvars']]);
});

test('a mistake behind an alias is placed at the alias’s key', () => {
  const reading = readConfig('defaults: &d\n  branch: 5\nstacks:\n  a: *d\n');
  assert.deepEqual(
    reading.ok || reading.errors.map((error) => [error.line, error.field]),
    [
      [2, 'defaults.branch'],
      [4, 'stacks.a.path'],
      [2, 'stacks.a.branch'],
    ].sort((a, b) => Number(a[0]) - Number(b[0])),
  );
});
