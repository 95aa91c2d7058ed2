import assert from 'node:assert/strict';
import { test } from 'node:test';
import { affectedStacks } from '../../src/stack/affected.ts';
import { readModuleFile } from '../../src/stack/module-file.ts';
import { findRoots, gatherModules, type Modules, nameFromPath, usedBy } from '../../src/stack/modules.ts';
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
  assert.deepEqual(readModuleFile('x/main.tf', text), { sources: ['./a', '../b', '../../c//sub'], rooted: false });
});

test('a backend, a cloud block or a provider makes a root module', () => {
  assert.equal(readModuleFile('main.tf', backend).rooted, true);
  assert.equal(readModuleFile('main.tf', 'terraform {\n  cloud {\n  }\n}').rooted, true);
  assert.equal(readModuleFile('main.tf', provider).rooted, true);
  assert.equal(
    readModuleFile('main.tf', 'terraform {\n  required_providers {\n    backend = {}\n  }\n}').rooted,
    false,
  );
  assert.equal(readModuleFile('main.tf', 'provider = 1\nresource "a" "provider" {}').rooted, false);
});

test('JSON is read like HCL', () => {
  const text = JSON.stringify({
    module: [{ a: { source: './a' } }, { b: [{ source: '../b' }] }],
    provider: { aws: {} },
  });
  assert.deepEqual(readModuleFile('main.tf.json', text), { sources: ['./a', '../b'], rooted: true });
  for (const broken of ['{', '[]', 'null', '{"module": 7, "terraform": "x"}', '{"module": {"a": null}}'])
    assert.deepEqual(readModuleFile('main.tf.json', broken), { sources: [], rooted: false });
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
    assert.deepEqual(readModuleFile('main.tf', text), { sources: [], rooted: false });
});

test('a module is followed through the modules that it uses, and round a circle once', () => {
  const modules = modulesOf({
    'app/main.tf': use('../modules/a', '../../outside', './inner'),
    'modules/a/main.tf': use('../b'),
    'modules/b/main.tf': use('../a', '../../app'),
  });
  assert.deepEqual(usedBy(modules, 'app'), ['app/inner', 'modules/a', 'modules/b']);
});

test('root modules are told from child modules', () => {
  const modules = modulesOf({
    'infra/app/main.tf': use('../../modules/a', '../shared'),
    'infra/shared/main.tf': 'resource "a" "b" {}',
    'infra/legacy/main.tf': provider,
    'infra/top/main.tf': use('../legacy'),
    'infra/old/x/main.tf': backend,
    'infra/.terraform/modules/x/main.tf': backend,
    'modules/a/main.tf': '',
  });
  assert.deepEqual(findRoots(modules, ['infra/**', '!infra/old/**']), ['infra/app', 'infra/legacy', 'infra/top']);
  assert.deepEqual(findRoots(modules, ['modules/*']), []);
});

test('any path becomes a stack’s name', () => {
  assert.equal(nameFromPath('infra/Network Prod/eu_1'), 'infra-network-prod-eu_1');
  assert.equal(nameFromPath('.'), 'root');
  assert.equal(nameFromPath('x'.repeat(100)).length, 63);
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
  const reading = readConfig(discovering, modulesOf({ 'infra/app/main.tf': '', 'infra/nat/main.tf': '' }));
  assert.ok(!reading.ok);
  assert.deepEqual(
    [reading.errors[0]?.line, reading.errors[0]?.message],
    [3, 'Stack "web" depends on "infra-net", and there is no such stack. Did you mean "infra-nat"?'],
  );
});

test('two directories that make one name are told', () => {
  const reading = readConfig(discovering, modulesOf({ 'infra/net/main.tf': '', 'infra/Net/main.tf': '' }));
  assert.ok(!reading.ok);
  assert.equal(
    reading.errors[0]?.message,
    'discover finds "infra/net", whose stack would be "infra-net" like that of "infra/Net". Name one of the two in stacks, or exclude it.',
  );
});
