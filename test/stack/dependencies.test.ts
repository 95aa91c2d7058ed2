import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dependencyProblems, inDependencyOrder } from '../../src/stack/dependencies.ts';
import { readConfig } from '../../src/stack/read-config.ts';

const stack = (name: string, ...dependsOn: string[]) => ({ name, dependsOn });

test('a circle is refused with the way round, at its place', () => {
  const reading = readConfig(`stacks:
  a: { path: a, depends_on: [b] }
  b: { path: b, depends_on: [c] }
  c: { path: c, depends_on: [a] }
`);
  assert.ok(!reading.ok);
  assert.deepEqual(
    reading.errors.map(({ line, field, message }) => [line, field, message]),
    [
      [
        4,
        'stacks.c.depends_on.0',
        'These stacks depend on each other in a circle: a → b → c → a. Take one of the arrows out of depends_on.',
      ],
    ],
  );
});

test('a stack that depends on itself is a circle too', () => {
  assert.match(dependencyProblems([stack('a', 'a')])[0]?.message ?? '', /a → a\./);
});

test('each circle is told once, and what leads into it is not', () => {
  const problems = dependencyProblems([stack('x', 'a'), stack('a', 'b'), stack('b', 'a'), stack('y', 'x', 'b')]);
  assert.deepEqual(
    problems.map((problem) => problem.stack),
    ['b'],
  );
});

test('a name that no stack has is told with the nearest', () => {
  const [problem] = dependencyProblems([stack('app', 'netwrk'), stack('network')]);
  assert.equal(
    problem?.message,
    'Stack "app" depends on "netwrk", and there is no such stack. Did you mean "network"?',
  );
  const [own] = dependencyProblems([stack('app-2', 'app-1')]);
  assert.match(own?.message ?? '', /no such stack\. Name one that is in this file\.$/);
});

test('a thousand stacks in one row are no circle', () => {
  const row = Array.from({ length: 1000 }, (_, index) => stack(`s${index}`, ...(index > 0 ? [`s${index - 1}`] : [])));
  assert.deepEqual(dependencyProblems(row.toReversed()), []);
  const ordered = inDependencyOrder(row.toReversed(), row);
  assert.deepEqual([ordered[0]?.stack.name, ordered[999]?.stack.name], ['s0', 's999']);
});

test('stacks come after those that they depend on, also through one that is not among them', () => {
  const all = [stack('app', 'dns', 'network'), stack('dns', 'network'), stack('network', 'account'), stack('account')];
  const pick = (...names: string[]) => all.filter(({ name }) => names.includes(name));
  const shown = (names: string[]) =>
    inDependencyOrder(pick(...names), all).map(({ stack: { name }, after }) => `${name} after ${after.join(',')}`);
  assert.deepEqual(shown(['app', 'dns', 'network']), ['network after ', 'dns after network', 'app after dns,network']);
  assert.deepEqual(shown(['app', 'account']), ['account after ', 'app after account']);
});
