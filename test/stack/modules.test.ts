import assert from 'node:assert/strict';
import { test } from 'node:test';
import { affectedStacks } from '../../src/stack/affected.ts';
import { readModuleFile } from '../../src/stack/module-file.ts';
import { addLinks, findRoots, gatherModules, type Modules, nameFromPath, usedBy } from '../../src/stack/modules.ts';
import { readConfig } from '../../src/stack/read-config.ts';

const backend = 'terraform {\n  backend "s3" {}\n}\n';
const provider = 'provider "aws" {}\n';
const use = (...sources: string[]) =>
  sources.map((source, index) => `module "m${index}" {\n  source = "${source}"\n}\n`).join('');

function modulesOf(files: Record<string, string>): Modules {
  return gatherModules(Object.entries(files).map(([path, text]) => ({ path, file: readModuleFile(path, text) })));
}

test('a file tells the local modules that it uses, however it is written', () => {
  const text = `
# module "no" { source = "./comment" }
/* module "no" { source = "./comment" } */
module "a" {
  for_each = { source = "./value" }
  source   = "./a" // ours
  nested { source = "./nested" }
}
module "b" { source = "../b" }
module "far" { source = "hashicorp/consul/aws" }
resource "x" "y" {
  source = "./resource"
  text   = <<-EOT
    module "no" { source = "./heredoc" }
    }
    EOT
  name   = "\${join("}", ["\\"", "{"])} $\${"
}
module "c" {
  source = "../../c//sub"
}
`;
  assert.deepEqual(readModuleFile('x/main.tf', text), {
    sources: ['./a', '../b', '../../c//sub'],
    ...{ backend: false, provider: false, manages: true },
  });
});

const says = (text: string) => {
  const { backend, provider, manages } = readModuleFile('main.tf', text);
  return Object.entries({ backend, provider, manages }).flatMap(([word, said]) => (said ? [word] : []));
};

test('a file tells whether it sets up a backend or a provider, and whether there is something to plan', () => {
  assert.deepEqual(says(backend), ['backend']);
  assert.deepEqual(says('terraform {\n  cloud {\n  }\n}'), ['backend']);
  assert.deepEqual(says(provider), ['provider']);
  assert.deepEqual(says('provider aws {}\n'), ['provider']);
  assert.deepEqual(says(use('./a')), ['manages']);
  assert.deepEqual(says('data "a" "b" {}'), ['manages']);
  assert.deepEqual(says('terraform {\n  required_providers {\n    backend = {}\n  }\n}'), []);
  assert.deepEqual(says('provider = 1\nvariable "provider" {}\noutput "a" {}\nlocals { resource = 1 }'), []);
  assert.deepEqual(says('resource "a" "provider" {}'), ['manages']);
});

test('a byte order mark hides nothing', () => {
  assert.deepEqual(says(`\ufeff${backend}`), ['backend']);
  assert.deepEqual(readModuleFile('main.tf', `\ufeff${use('../a')}`).sources, ['../a']);
});

test('JSON is read like HCL', () => {
  const text = JSON.stringify({
    module: [{ a: { source: './a' } }, { b: [{ source: '../b' }] }],
    provider: { aws: {} },
  });
  assert.deepEqual(readModuleFile('main.tf.json', text), {
    sources: ['./a', '../b'],
    ...{ backend: false, provider: true, manages: true },
  });
  const deep = `${'['.repeat(5000)}{"a": {"source": "./a"}}${']'.repeat(5000)}`;
  for (const broken of [
    '{',
    '[]',
    'null',
    '{"module": 7, "terraform": "x"}',
    '{"module": {"a": null}}',
    deep,
    `{"module": ${deep}}`,
    `{"module": {"a": ${deep}}}`,
    `{"module": {"a": {"source": ${deep}}}}`,
  ])
    assert.deepEqual(readModuleFile('main.tf.json', broken).sources, []);
});

test('what is no configuration does not hold anybody up', () => {
  for (const text of [
    '"',
    '"${"${',
    '<<EOT\n',
    '/*',
    '{'.repeat(200_000),
    '"${'.repeat(100_000),
    '\0\u202e',
    '}'.repeat(9),
  ])
    assert.deepEqual(readModuleFile('main.tf', text), {
      sources: [],
      ...{ backend: false, provider: false, manages: false },
    });
});

test('a module is followed through the modules that it uses, and round a circle once', () => {
  const modules = modulesOf({
    'app/main.tf': use('../modules/a', '../../outside', './inner'),
    'modules/a/main.tf': use('../b'),
    'modules/b/main.tf': use('../a', '../../app'),
  });
  assert.deepEqual(usedBy(modules, 'app'), ['app/inner', 'modules/a', 'modules/b']);
});

test('where a variable chooses the module, all that it may be is watched', () => {
  const modules = modulesOf({
    'infra/app/main.tf': use(`../../kinds/v1/\${var.kind}/x`, `./\${local.here}`),
    'kinds/v1/a/x/main.tf': '',
  });
  const reading = readConfig('stacks: { app: { path: infra/app } }', modules);
  assert.deepEqual(reading.ok && reading.config.stacks[0]?.pushPaths, ['infra/app/**', 'kinds/v1/**']);
});

test('a variable that may choose any directory of the repository watches all of it, and ends no root module', () => {
  const modules = modulesOf({
    'app/main.tf': `${use(`../\${var.kind}`)}${backend}`,
    'a/main.tf': '',
    'main.tf': provider,
  });
  const reading = readConfig('stacks: { app: { path: app } }', modules);
  assert.deepEqual(reading.ok && reading.config.stacks[0]?.pushPaths, ['**', 'app/**']);
  assert.deepEqual(findRoots(modules, ['**']), ['.', 'app']);
});

test('root modules are told from child modules', () => {
  const resource = 'resource "a" "b" {}';
  const modules = modulesOf({
    'infra/app/main.tf': use('../../modules/a', '../shared'),
    'infra/shared/main.tf': resource,
    'infra/legacy/main.tf': provider,
    'infra/top/main.tf': use('../legacy', '../base'),
    'infra/base/main.tf': backend,
    'infra/old/x/main.tf': backend,
    'infra/.terraform/modules/x/main.tf': backend,
    'infra/variables/main.tf': 'variable "a" {}\noutput "b" {}\n',
    'infra/modules/unused/main.tf': resource,
    'infra/modules/component/main.tf': `${provider}${resource}`,
    'modules/a/main.tf': '',
  });
  const roots = ['infra/app', 'infra/base', 'infra/modules/component', 'infra/top'];
  assert.deepEqual(findRoots(modules, ['infra/**', '!infra/old/**']), roots);
  assert.deepEqual(findRoots(modules, ['!infra/old/**', '!**/modules/**']), ['infra/app', 'infra/base', 'infra/top']);
  assert.deepEqual(findRoots(modules, ['modules/*']), []);
});

test('a stack in a directory whose name begins with a dot watches what it uses, through others like it', () => {
  const modules = modulesOf({
    '.infra/app/main.tf': use('../../modules/a', '../../old'),
    '.infra/app/.terraform/modules/far/main.tf': use('../../../../../far'),
    'modules/a/main.tf': use('../../.shared/b'),
    '.shared/b/main.tf': use('../../c'),
    'c/main.tf': '',
    'old/main.tf': provider,
  });
  const reading = readConfig('stacks: { app: { path: .infra/app } }', modules);
  const watched = ['.infra/app/**', '.shared/b/**', 'c/**', 'modules/a/**', 'old/**'];
  assert.deepEqual(reading.ok && reading.config.stacks[0]?.pushPaths, watched);
  assert.deepEqual(findRoots(modules, ['**']), ['old']);
});

test('what is used is watched whatever its name holds', () => {
  const used = ['mod (v2)', 'a|b', '!x', 'mod[1] (a)', 'mod{a,b}', 'what?', '*'];
  const modules = modulesOf({ 'app/main.tf': use(...used.map((name) => `../${name}`)) });
  addLinks(modules, [{ path: 'app/eu.auto.tfvars', target: 'shared/eu [old] (1).tfvars' }]);
  const reading = readConfig('stacks: { app: { path: app, var_files: ["../eu (1).tfvars"] } }', modules);
  assert.ok(reading.ok);
  const files = [...used.map((name) => `${name}/x/main.tf`), 'shared/eu [old] (1).tfvars', 'eu (1).tfvars'];
  const touching = (path: string) => affectedStacks(reading.config.stacks, [path])?.length === 1;
  assert.deepEqual(files.filter(touching), files);
  assert.deepEqual(['mod/x', 'mod v2/x', 'eu 1.tfvars', 'other/x', 'shared/eu.tfvars'].filter(touching), []);
});

test('any path becomes a stack’s name', () => {
  assert.equal(nameFromPath('infra/Network Prod/eu_1'), 'infra-network-prod-eu_1');
  assert.equal(nameFromPath('app/v1.2'), 'app-v1-2');
  assert.equal(nameFromPath('.'), 'root');
});

test('paths that a name cannot show are told apart, the same way in every repository', () => {
  const long = 'terraform/environments/production/eu-west-1/application-cluster';
  const paths = [`${long}/network`, `${long}/database`, '環境/本番', '環境/検証', 'infra/größe', 'infra/grüße'];
  const names = paths.map(nameFromPath);
  assert.equal(new Set(names).size, paths.length);
  for (const name of names) assert.match(name, /^[a-z0-9][a-z0-9_-]{0,62}$/);
  assert.equal(names[2], nameFromPath('環境/本番'));
  assert.match(names[2] ?? '', /^stack-[0-9a-f]{6}$/);
});

test('a stack watches the modules that it uses, unless it says itself what it watches', () => {
  const modules = modulesOf({
    'infra/app/main.tf': use('../../modules/a'),
    'modules/a/main.tf': use('../b'),
    'modules/b/main.tf': '',
  });
  const text = `stacks:
  app: { path: infra/app }
  docs: { path: infra/app, var_files: [x.tfvars], triggers: { on_push: { paths: ["!**/*.md"] } } }
  own: { path: infra/app, var_files: [y.tfvars], triggers: { on_push: { paths: ["infra/app/**"] } } }
`;
  const reading = readConfig(text, modules);
  assert.ok(reading.ok);
  assert.deepEqual(
    reading.config.stacks.map(({ pushPaths }) => pushPaths),
    [
      ['infra/app/**', 'modules/a/**', 'modules/b/**'],
      ['infra/app/**', 'modules/a/**', 'modules/b/**', '!**/*.md'],
      ['infra/app/**'],
    ],
  );
  assert.equal(reading.sources.get('docs')?.pushPaths.length, 4);
  const names = (path: string) => affectedStacks(reading.config.stacks, [path])?.map(({ name }) => name);
  assert.deepEqual(names('modules/b/main.tf'), ['app', 'docs']);
  assert.deepEqual(names('modules/b/README.md'), ['app']);
});

test('a stack does not watch the directories of others below its own, but what it uses there', () => {
  const modules = modulesOf({
    'vpc/main.tf': use('./eks/tags'),
    'vpc/eks/main.tf': provider,
    'vpc/eks/tags/main.tf': '',
    'vpc/eks/core/main.tf': provider,
  });
  const text = `stacks:
  vpc: { path: vpc, var_files: [eks/vpc.tfvars, own.tfvars] }
  eks: { path: vpc/eks }
  core: { path: vpc/eks/core }
  prod: { path: vpc/eks/core, var_files: [prod.tfvars] }
  all: { path: . }
`;
  const reading = readConfig(text, modules);
  assert.ok(reading.ok, JSON.stringify(reading));
  assert.deepEqual(
    reading.config.stacks.map(({ pushPaths }) => pushPaths),
    [
      ['vpc/**', '!vpc/eks/**', 'vpc/eks/tags/**', 'vpc/eks/vpc.tfvars'],
      ['vpc/eks/**', '!vpc/eks/core/**'],
      ['vpc/eks/core/**'],
      ['vpc/eks/core/**'],
      ['**', '!vpc/**'],
    ],
  );
  const names = (path: string) => affectedStacks(reading.config.stacks, [path])?.map(({ name }) => name);
  assert.deepEqual(names('vpc/eks/core/main.tf'), ['core', 'prod']);
  assert.deepEqual(names('vpc/main.tf'), ['vpc']);
  assert.deepEqual(names('vpc/eks/tags/main.tf'), ['vpc', 'eks']);
  assert.deepEqual(names('README.md'), ['all']);
});

test('who uses the module at the root watches the repository without the modules that it does not use', () => {
  const modules = modulesOf({
    'main.tf': use('./modules/a'),
    'modules/a/main.tf': '',
    'modules/b/main.tf': '',
    'examples/one/main.tf': `${provider}${use('../..')}`,
    'examples/two/main.tf': `${provider}${use('../..', '../../modules/b')}`,
  });
  const reading = readConfig('stacks:\n  one: { path: examples/one }\n  two: { path: examples/two }\n', modules);
  assert.ok(reading.ok);
  const names = (path: string) => affectedStacks(reading.config.stacks, [path])?.map(({ name }) => name);
  assert.deepEqual(names('templates/x.tpl'), ['one', 'two']);
  assert.deepEqual(names('modules/a/main.tf'), ['one', 'two']);
  assert.deepEqual(names('modules/b/main.tf'), ['two']);
  assert.deepEqual(names('examples/one/main.tf'), ['one']);
  assert.deepEqual(names('.github/workflows/release.yml'), []);
});

test('what links lead to is watched', () => {
  const linked = { path: 'a/versions.tf', target: 'shared/versions.tf', file: readModuleFile('versions.tf', backend) };
  const modules = gatherModules([linked]);
  assert.deepEqual(findRoots(modules, ['**']), ['a']);
  const reading = readConfig('stacks: { a: { path: a } }', modules);
  assert.deepEqual(reading.ok && reading.config.stacks[0]?.pushPaths, ['a/**', 'shared/versions.tf']);
});

test('what other links than configuration lead to is watched by the module around them', () => {
  const files = ['a/main.tf', 'a/b/main.tf'].map((path) => ({ path, file: readModuleFile(path, backend) }));
  const modules = gatherModules(files);
  addLinks(modules, [
    { path: 'a/common.auto.tfvars', target: 'shared/common.auto.tfvars' },
    { path: 'a/files/policy.json', target: 'shared/policy.json' },
    { path: 'a/files/own.json', target: 'a/own.json' },
    { path: 'a/b/x/y.json', target: 'shared/y.json' },
    { path: 'c/d.json', target: 'shared/d.json' },
    { path: 'a/b/templates', target: 'shared/templates/' },
  ]);
  const reading = readConfig('stacks: { a: { path: a }, b: { path: a/b } }', modules);
  assert.ok(reading.ok);
  assert.deepEqual(
    reading.config.stacks.map(({ pushPaths }) => pushPaths),
    [
      ['a/**', '!a/b/**', 'shared/common.auto.tfvars', 'shared/policy.json'],
      ['a/b/**', 'shared/templates/**', 'shared/y.json'],
    ],
  );
  const names = (path: string) => affectedStacks(reading.config.stacks, [path])?.map(({ name }) => name);
  assert.deepEqual(names('shared/templates/x/y.tpl'), ['b']);
  assert.deepEqual(names('shared/policy.json'), ['a']);
});

const discovering = `defaults: { branch: release }
stacks:
  web: { path: infra/app, depends_on: [infra-net] }
discover:
  paths: ["infra/**"]
`;

test('root modules become stacks with the defaults, and stacks of the file win', () => {
  const modules = modulesOf({ 'infra/app/main.tf': '', 'infra/net/main.tf': use('../../m'), 'm/main.tf': '' });
  const reading = readConfig(discovering, modules);
  assert.ok(reading.ok);
  assert.deepEqual(
    reading.config.stacks.map(({ name, path, branch, pushPaths }) => ({ name, path, branch, pushPaths })),
    [
      { name: 'web', path: 'infra/app', branch: 'release', pushPaths: ['infra/app/**'] },
      { name: 'infra-net', path: 'infra/net', branch: 'release', pushPaths: ['infra/net/**', 'm/**'] },
    ],
  );
  assert.deepEqual(reading.sources.get('infra-net')?.path, { by: 'stack', line: 5 });
});

test('before the modules are known, a dependency on one of them is no mistake; afterwards it is', () => {
  assert.ok(readConfig(discovering).ok);
  const reading = readConfig(discovering, modulesOf({ 'infra/app/main.tf': provider, 'infra/nat/main.tf': provider }));
  assert.ok(!reading.ok);
  assert.deepEqual(
    [reading.errors[0]?.line, reading.errors[0]?.message],
    [3, 'Stack "web" depends on "infra-net", and there is no such stack. Did you mean "infra-nat"?'],
  );
});

test('two directories that make one name are told', () => {
  const reading = readConfig(discovering, modulesOf({ 'infra/net/main.tf': provider, 'infra/Net/main.tf': provider }));
  assert.ok(!reading.ok);
  assert.equal(
    reading.errors[0]?.message,
    'discover finds "infra/net", whose stack would be "infra-net" like that of "infra/Net". Name one of the two in stacks, or exclude it.',
  );
});

test('a rename from a stack that discover finds is refused', () => {
  const text = 'stacks:\n  web: { path: app, renamed_from: infra-net }\ndiscover:\n  paths: ["infra/**"]\n';
  assert.ok(readConfig(text).ok);
  const reading = readConfig(text, modulesOf({ 'app/main.tf': provider, 'infra/net/main.tf': provider }));
  assert.ok(!reading.ok);
  assert.deepEqual(reading.errors, [
    {
      ...{ line: 2, column: 35, field: 'stacks.web.renamed_from' },
      message:
        'Stack "web" says it was renamed from "infra-net", which discover finds. Exclude its directory there, or remove renamed_from.',
    },
  ]);
});

test('a var file of the defaults that leaves the repository as seen from a discovered stack is refused', () => {
  const text = 'defaults:\n  var_files: [x.tfvars, ../../../prod.tfvars]\ndiscover:\n  paths: ["infra/**"]\n';
  const reading = readConfig(text, modulesOf({ 'infra/a/main.tf': provider, 'infra/b/main.tf': provider }));
  assert.ok(!reading.ok);
  assert.deepEqual(reading.errors, [
    {
      ...{ line: 2, column: 25, field: 'defaults.var_files.1' },
      message:
        'defaults.var_files.1: "../../../prod.tfvars", seen from infra/a, leaves the repository. Name a file inside it.',
    },
  ]);
  const deeper = modulesOf({ 'infra/a/b/main.tf': provider });
  assert.ok(readConfig(text, deeper).ok);
});
