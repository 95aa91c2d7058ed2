import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import picomatch from 'picomatch';
import { affectedStacks, changedDefinitions } from '../../src/stack/affected.ts';
import { defineStack } from '../../src/stack/define-stacks.ts';
import type { StackDefinition } from '../../src/stack/definition.ts';
import { checkGlob } from '../../src/stack/glob.ts';

test('a change touches the stacks that watch it, each with the first path that did', () => {
  const stacks = [stack('app', ['app/**']), stack('net', ['net/**', 'shared/**']), stack('dns', ['dns/**'])];
  assert.deepEqual(affectedStacks(stacks, ['README.md', 'shared/a.tf', 'net/b.tf', 'app/x/y.tf']), [
    { name: 'app', because: 'app/x/y.tf' },
    { name: 'net', because: 'shared/a.tf' },
  ]);
});

test('a version file above a stack plans it where it may decide about its engine', () => {
  const stacks = [
    defineStack('net', { path: 'infra/net' }),
    defineStack('app', { path: 'app' }),
    defineStack('pinned', { path: 'infra/pinned', iac: { version: '1.11' } }),
    defineStack('tofu', { path: 'infra/tofu', iac: { engine: 'tofu' } }),
    defineStack('deaf', {
      path: 'infra/deaf',
      triggers: { on_push: { paths: ['infra/deaf/**', '!**/.terraform-version'] } },
    }),
  ];
  const names = (path: string) => affectedStacks(stacks, [path])?.map(({ name }) => name);
  assert.deepEqual(names('infra/.terraform-version'), ['net']);
  assert.deepEqual(names('.opentofu-version'), ['net', 'app', 'tofu', 'deaf']);
  assert.deepEqual(names('infra/net/modules/.terraform-version'), ['net']);
  assert.deepEqual(names('inf/.terraform-version'), []);
  assert.deepEqual(names('infra/other/.terraform-version'), []);
  assert.deepEqual(names('infra/x.terraform-version'), []);
});

test('the last glob that matches decides', () => {
  const globs = ['app/**', '!app/docs/**', 'app/docs/inputs.md'];
  assert.equal(touches(globs, 'app/main.tf'), true);
  assert.equal(touches(globs, 'app/docs/readme.md'), false);
  assert.equal(touches(globs, 'app/docs/inputs.md'), true);
});

for (const [glob, path, expected] of [
  ['**', 'a/b/c.tf', true],
  ['a/**', 'a/b', true],
  ['a/**', 'a', true],
  ['a/**', 'ab/c', false],
  ['a/', 'a/b/c', true],
  ['*.tf', 'main.tf', true],
  ['*.tf', 'a/main.tf', false],
  ['**/*.tf', 'main.tf', true],
  ['**/*.tf', 'a/b/main.tf', true],
  ['a/**/z.tf', 'a/z.tf', true],
  ['a/**/m/**/z.tf', 'a/m/m/x/z.tf', true],
  ['a/**/m/**/z.tf', 'a/x/z.tf', false],
  ['a/**', 'a/.terraform.lock.hcl', true],
  ['a/*', 'a/.hidden', true],
  ['{a,b}/main.tf', 'b/main.tf', true],
  ['env-[ab].tf', 'env-b.tf', true],
  ['env-?.tf', 'env-12.tf', false],
  ['a/*', 'a/b\nc', true],
  ['a/*', `a/${'x'.repeat(4096)}`, true],
  ['a/x*', `a/${'x'.repeat(4096)}`, false],
] as const) {
  test(`${glob} ${expected ? 'takes' : 'leaves'} ${JSON.stringify(path.slice(0, 40))}`, () => {
    assert.equal(touches([glob], path), expected);
  });
}

test('globs of directories and wildcards mean what picomatch says', () => {
  const name = fc.constantFrom('a', 'b', 'ab', '.c', 'a.tf');
  const part = fc.constantFrom('**', '*', 'a', 'a*', '*b', '?', '{a,b}', '[ab]*', '*.tf', '.c');
  fc.assert(
    fc.property(
      fc.array(part, { minLength: 1, maxLength: 5 }),
      fc.array(name, { minLength: 1, maxLength: 6 }),
      (parts, names) => {
        const glob = parts.join('/');
        const path = names.join('/');
        // picomatch lets a last `**` stand for no name after plain text only (a/** takes a, a*/** does not); ours always.
        const globs = [glob, glob.replace(/(\/\*\*)+$/, '')];
        assert.equal(touches([glob], path), picomatch.isMatch(path, globs, { dot: true }), `${glob} on ${path}`);
      },
    ),
    { numRuns: 3000 },
  );
});

test('no path breaks the matching', () => {
  const stacks = [stack('a', ['**/*.tf', '!x/{a,b}?[c-d]*/**'])];
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'binary', maxLength: 50 })),
      (paths) => (affectedStacks(stacks, paths)?.length ?? 2) <= 1,
    ),
  );
});

for (const [what, glob, path] of [
  ['wildcards that meet long names of their own letters', (n: number) => `*x*y${n}`, 'x'.repeat(250)],
  ['globs of many directories', (n: number) => `${'**/a*/'.repeat(40)}y${n}`, 'ax/'.repeat(1_300)],
  [
    'many wildcards below many directories',
    (n: number) => `**/${'*x*/'.repeat(40)}${n}`,
    `${'x'.repeat(250)}/`.repeat(16),
  ],
] as const) {
  test(`as many ${what} as a file can hold, and 3,000 paths, are given up and not waited for`, () => {
    const globs = Array.from({ length: 250_000 / glob(9).length }, (_, n) => glob(n));
    for (const one of globs) assert.equal(checkGlob(one), null);
    const stacks = globs.map((one, n) => stack(`s${n}`, [one]));
    const paths = Array.from({ length: 3_000 }, (_, n) => `${path}${n}`);
    assert.equal(affectedStacks(stacks, paths), null);
  });
}

test('a thousand stacks with globs as people write them, and 3,000 paths, are told', () => {
  const stacks = Array.from({ length: 1_000 }, (_, n) =>
    stack(`s${n}`, [`live/s${n}/**`, `modules/m${n % 50}/**/*.tf`, `**/s${n}.tfvars`, '!**/*.md']),
  );
  const paths = Array.from({ length: 3_000 }, (_, n) => `live/s${n}/environments/prod/eu/file${n}.tf`);
  assert.equal(affectedStacks(stacks, paths)?.length, 1_000);
});

for (const glob of [
  '',
  '!',
  '/etc/**',
  '../x',
  'a//b',
  'a**b',
  '*a*b*c',
  '{a,{b,c}}',
  '{a,b',
  '{a/b,c}',
  '{1..100000}',
  '{a,b}{c,d}',
  '*a*{b,c}',
  `{${'a,'.repeat(40)}b}`,
  '[a',
  '[[:alpha:]]',
  '@(a|b)',
  '+(a+)+',
  '!(a)',
  'a\\*',
  'a\0',
  'a'.repeat(300),
]) {
  test(`the glob ${JSON.stringify(glob.slice(0, 30))} is refused`, () => {
    assert.match(checkGlob(glob) ?? 'taken', /\. |\.$/);
  });
}

test('the globs people write are taken', () => {
  for (const glob of [
    '**',
    'a/**',
    '!a/docs/**',
    '**/*.tf',
    'modules/{a,b}/*.tf',
    'a/[ab]?.tf',
    'a/',
    '*.prod.*',
    'env [x]/**',
  ]) {
    assert.equal(checkGlob(glob), null, glob);
  }
});

test('a changed definition counts, a new name alone does not', () => {
  const before = [stack('same', ['a/**']), stack('moved', ['b/**']), stack('old', ['c/**'])];
  const after = [
    stack('same', ['a/**']),
    { ...stack('moved', ['b/**']), version: '1.11.4' },
    { ...stack('new-name', ['c/**']), renamedFrom: 'old' },
    stack('added', ['d/**']),
  ];
  assert.deepEqual(changedDefinitions(before, after), ['moved', 'added']);
});

function touches(globs: string[], path: string): boolean {
  return affectedStacks([stack('a', globs)], [path])?.length === 1;
}

function stack(name: string, pushPaths: string[]): StackDefinition {
  return { ...defineStack(name, { path: '.' }), pushPaths };
}
