import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changesBetween } from '../../src/bundle/changes.ts';
import { problemsOf, refuseName, tooShortSecrets } from '../../src/bundle/check.ts';
import { answersTo, choose, handlesOf, inPrecedence } from '../../src/bundle/combine.ts';
import type { Availability, BundleContents } from '../../src/bundle/contents.ts';
import { applyEdit } from '../../src/bundle/edit.ts';
import { refusePath, refuseVariable } from '../../src/bundle/refusals.ts';

const refusedKeys =
  'LD_PRELOAD LD_LIBRARY_PATH DYLD_INSERT_LIBRARIES PATH HOME NODE_OPTIONS BASH_ENV ENV IFS TF_CLI_ARGS TF_CLI_ARGS_apply TF_REATTACH_PROVIDERS TF_HTTP_ADDRESS TF_HTTP_PASSWORD TF_DATA_DIR TF_WORKSPACE TF_CLI_CONFIG_FILE TF_LOG_PATH GIT_SSH_COMMAND GIT_CONFIG_COUNT GIT_EXEC_PATH ZENFRA_SECRET_KEY PYTHONPATH A=B 1A A-B';
for (const key of [...refusedKeys.split(' '), '', 'A B', 'A\n', 'É', 'a'.repeat(201)]) {
  test(`the variable ${JSON.stringify(key.slice(0, 40))} is refused with a sentence`, () => {
    assert.match(refuseVariable(key) ?? '', /^.{10,}\.$/s);
  });
}

test('what a stack needs may be set', () => {
  for (const key of [
    'TF_VAR_region',
    'AWS_ACCESS_KEY_ID',
    'GOOGLE_CREDENTIALS',
    'TF_LOG',
    'TF_TOKEN_app_example_com',
    '_a',
  ])
    assert.equal(refuseVariable(key), null, key);
});

const refusedPaths = [
  ...['', '/etc/passwd', '../a', 'a/../../b', './a', 'a//b', 'a/', 'C:\\a', 'a\0b', 'a\nb', ' a', 'é', 'a'.repeat(256)],
  ...['.terraform/modules/modules.json', 'a/.terraform/x', '.git/config', '.GIT/hooks/x', '.terraform.lock.hcl'],
  ...[
    'main.tf',
    'zz_override.tf.json',
    'a/b.tofu',
    'x.TF',
    'terraform.tfstate',
    'errored.tfstate',
    'terraform.tfstate.backup',
  ],
];
for (const path of refusedPaths) {
  test(`the path ${JSON.stringify(path.slice(0, 40))} is refused with a sentence`, () => {
    assert.match(refusePath(path) ?? '', /^.{10,}\.$/s);
  });
}

test('files beside the configuration may be mounted', () => {
  for (const path of ['key.json', 'secrets/key.pem', 'prod.auto.tfvars', '.kube/config', 'a b.txt'])
    assert.equal(refusePath(path), null, path);
});

const item = { secret: false, description: '', available: 'both' as Availability };
const variable = (key: string, value: string, more: Partial<typeof item> = {}) => ({ ...item, key, value, ...more });
const file = (path: string, content: string, more: Partial<typeof item> = {}) => ({ ...item, path, content, ...more });
const of = (...variables: BundleContents['variables']): BundleContents => ({ variables, files: [] });

test('one name may be there for planning and for applying, and not twice for one of them', () => {
  const [plans, applies] = [{ available: 'planning' as const }, { available: 'applying' as const }];
  assert.deepEqual(problemsOf(of(variable('A', '1', plans), variable('A', '2', applies))), []);
  assert.match(problemsOf(of(variable('A', '1', plans), variable('A', '2')))[0] ?? '', /^A is there twice\./);
  const large = { variables: [], files: [file('a', 'x'.repeat(257 * 1024))] };
  assert.deepEqual(problemsOf(large), ['A bundle may hold 256 KiB; this is 257 KiB.']);
});

test('a description cannot hold a NUL, which the database refuses', async () => {
  const contents = {
    ...of(variable('A', '1', { description: 'a\0b' })),
    files: [file('b', '', { description: '\0' })],
  };
  assert.deepEqual(problemsOf(contents), [
    'The description of A has a NUL character.',
    'The description of b has a NUL character.',
  ]);
});

test('a secret of one letter is kept, and whoever sets it is warned', () => {
  const contents = {
    ...of(variable('A', 'x', { secret: true }), variable('B', 'long enough', { secret: true })),
    files: [],
  };
  assert.deepEqual(problemsOf(contents), []);
  assert.deepEqual(tooShortSecrets(contents), ['A']);
});

test('the higher priority prevails, then the name; of several ways to be attached the highest counts', () => {
  const bundles = [
    { name: 'b', priority: 10 },
    { name: 'a', priority: 10 },
    { name: 'c', priority: 5 },
    { name: 'c', priority: 20 },
  ];
  assert.deepEqual(
    inPrecedence(bundles).map(({ name }) => name),
    ['c', 'a', 'b'],
  );
});

test('an execution gets what is for it, from the bundle that prevails, and it is known over which others', () => {
  const entry = (bundle: string, value: string, available: Availability) => ({
    bundle,
    name: 'KEY',
    item: variable('KEY', value, { available }),
  });
  const entries = [
    entry('first', 'reads', 'planning'),
    entry('second', 'both', 'both'),
    entry('third', 'writes', 'applying'),
  ];
  const got = (execution: 'planning' | 'applying') =>
    choose(entries, execution).map(({ bundle, item: one, over }) => [bundle, one.value, over]);
  assert.deepEqual(got('planning'), [['first', 'reads', ['second']]]);
  assert.deepEqual(got('applying'), [['second', 'both', ['third']]]);
});

test('a bundle is given by what the tracked branch says: a stack that only a pull request has answers to nothing', () => {
  const definition = { labels: ['team-a', 'prod'], environment: 'prod' };
  const stack = { name: 'app', definition, pull_request_number: null };
  const handles = handlesOf(stack);
  assert.deepEqual(handles, { names: ['app'], labels: ['team-a', 'prod'] });
  assert.ok(answersTo(handles, { to: 'stack', name: 'app' }) && answersTo(handles, { to: 'label', name: 'prod' }));
  assert.ok(!answersTo(handles, { to: 'label', name: 'app' }) && !answersTo(handles, { to: 'stack', name: 'prod' }));
  assert.deepEqual(handlesOf({ ...stack, pull_request_number: 41 }), { names: [], labels: [] });
  assert.deepEqual(handlesOf({ ...stack, definition: {} }), { names: ['app'], labels: [] });
});

test('a version tells which entries it adds, changes and removes, and never a value', () => {
  const before = { variables: [variable('A', 'one'), variable('B', 'two')], files: [file('key', 'three')] };
  const after = { variables: [variable('A', 'four'), variable('C', 'five')], files: [file('key', 'three')] };
  assert.deepEqual(changesBetween(before, after), [
    { kind: 'variable', name: 'A', what: 'changed' },
    { kind: 'variable', name: 'C', what: 'added' },
    { kind: 'variable', name: 'B', what: 'removed' },
  ]);
});

test('a form that leaves a secret empty keeps it, and cannot make it visible', () => {
  const before = of(variable('A', 'hidden', { secret: true }));
  const row = {
    kind: 'variable' as const,
    ...item,
    name: 'A',
    value: '',
    was: { name: 'A', available: item.available },
  };
  const kept = applyEdit(before, [{ ...row, name: 'RENAMED', secret: true }]);
  assert.deepEqual(kept, { contents: of(variable('RENAMED', 'hidden', { secret: true })), problems: [] });
  assert.deepEqual(applyEdit(before, [row]).problems, ['To make A visible, enter its value again.']);
  assert.deepEqual(applyEdit(before, [{ ...row, value: 'new' }]), { contents: of(variable('A', 'new')), problems: [] });
  const fresh = applyEdit(before, [{ ...row, was: null, secret: true }]);
  assert.deepEqual(fresh.problems, ['A is to be secret and has no value.']);
});

test('a row that lacks its name is told, not forgotten', () => {
  const row = { kind: 'variable' as const, ...item, name: '', value: 'typed', was: null };
  const problems = applyEdit(of(variable('A', 'one')), [
    row,
    { ...row, kind: 'file' },
    { ...row, value: 'one', was: { name: 'A', available: item.available } },
  ]).problems;
  assert.deepEqual(problems, [
    'A variable was filled in without a name.',
    'A file was filled in without a path.',
    'A has lost its name. Enter it again, or tick Remove to take it out.',
  ]);
});

test('a bundle has a plain name', () => {
  assert.equal(refuseName('aws-prod_2'), null);
  for (const name of ['', 'A', 'a b', '-a', 'a'.repeat(64), '<b>'])
    assert.match(refuseName(name) ?? '', /is not a name/);
});
