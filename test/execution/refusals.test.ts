import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import type { PlanSpec } from '../../src/execution/contract.ts';
import { executePlan } from '../../src/execution/execute-plan.ts';
import { digestEntries, readSourceEntries } from '../../src/execution/source-digest.ts';
import { SourceRefused } from '../../src/execution/unpack.ts';
import type { RunFailure } from '../../src/run/failure.ts';
import { openStage, type Stage } from './stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

/** Plans with a recorder in the engine's place: what it was asked, if anything, is in `asked`. */
async function refusal(files: Record<string, string>, changes: Partial<PlanSpec> = {}): Promise<RunFailure> {
  const spec = stage.planSpec(await stage.source(files), { engine: stage.standIn('exit 1'), ...changes });
  const sink = stage.sink();
  const outcome = await executePlan(spec, sink);
  assert.ok(!outcome.ok);
  assert.ok(sink.text('preparing').includes(`[Zenfra] ${outcome.failure.headline}\n`), 'the log says so as well');
  return outcome.failure;
}

function asked(): string {
  return existsSync(join(stage.root, 'asked')) ? readFileSync(join(stage.root, 'asked'), 'utf8') : '';
}

const backends: Record<string, [file: string, content: string, line: number, word: string]> = {
  'in the main file': ['main.tf', '# backend\nterraform {\n  backend "s3" {\n  }\n}\n', 3, 'backend'],
  'after a comment and a string with the word': [
    'main.tf',
    'locals {\n  a = "terraform { backend {} }"\n}\n/* backend "s3" {} */\nterraform {\n\n  backend /* here */ local {}\n}\n',
    7,
    'backend',
  ],
  'behind many other uses of the word': [
    'main.tf',
    `${'# a backend\n'.repeat(60)}locals {\n  a = <<E\nbackend "a" {}\nE\n}\nterraform {\n  backend "s3" {}\n}\n`,
    67,
    'backend',
  ],
  'as a cloud block': ['main.tf', 'terraform {\n  cloud {\n    organization = "a"\n  }\n}\n', 2, 'cloud'],
  'in an override file': [
    'zzz_override.tf',
    'terraform {\n  backend "http" {\n    address = "http://evil"\n  }\n}\n',
    2,
    'backend',
  ],
  'in an override file that sorts after ours': ['ÿ_override.tf', 'terraform {\n  backend "http" {}\n}\n', 2, 'backend'],
  'in JSON': ['main.tf.json', '{\n  "terraform": [{\n    "backend": {"s3": {}}\n  }]\n}\n', 3, 'backend'],
  'in JSON, spelled with escapes': ['a.tf.json', '{"terraform":\n{"b\\u0061ckend": {"s3": {}}}}', 2, 'backend'],
  'in JSON, behind a second key of the same name': [
    'a.tf.json',
    '{"terraform": {"cloud": {}},\n"terraform": {}}',
    1,
    'cloud',
  ],
  "in OpenTofu's own file": ['main.tofu', 'terraform {\n  backend "s3" {}\n}\n', 2, 'backend'],
};

for (const [where, [file, content, line, word]] of Object.entries(backends)) {
  test(`a backend of the repository's own is refused with file and line: ${where}`, async () => {
    const failure = await refusal({ 'net/outputs.tf': '', [`net/${file}`]: content }, { rootModule: 'net' });
    assert.equal(failure.reason, 'refused');
    assert.equal(failure.phase, 'preparing');
    assert.equal(failure.headline, `net/${file} line ${line}: the ${word} block must be removed`);
    assert.deepEqual([failure.diagnostics[0]?.file, failure.diagnostics[0]?.line], [`net/${file}`, line]);
    assert.match(failure.detail, /import that first/);
    assert.equal(asked(), '', 'the engine was not started');
  });
}

test('a file that cannot be read is shown with the engine’s own error, and no credential is near', async () => {
  const source = await stage.source({ 'main.tf': 'terraform {\n  backend "s3" {\n' });
  const spec = stage.planSpec(source, { environment: { SECRET: 'of the run' } });
  const outcome = await executePlan(spec, stage.sink());
  assert.ok(!outcome.ok);
  assert.equal(outcome.failure.headline, 'Unclosed configuration block');
  assert.deepEqual([outcome.failure.diagnostics[0]?.file, outcome.failure.diagnostics[0]?.line], ['main.tf', 2]);
  await executePlan({ ...spec, engine: stage.standIn('exit 1') }, stage.sink());
  assert.match(asked(), /^init -input=false -backend=false $/m);
  assert.doesNotMatch(asked(), /TF_HTTP_|SECRET/);
});

test('a file that kills the parser does not harm the next', async () => {
  const deep = `terraform {\n  backend "s3" {}\n}\nlocals {\n  a = ${'['.repeat(200_000)}${']'.repeat(200_000)}\n}\n`;
  const source = await stage.source({ 'main.tf': deep });
  const outcome = await executePlan(stage.planSpec(source, { engine: stage.standIn('exit 0') }), stage.sink());
  assert.ok(!outcome.ok);
  assert.equal(outcome.failure.headline, 'main.tf cannot be read');
  const after = await refusal({ 'main.tf': 'terraform {\n  backend "s3" {}\n}\n' });
  assert.equal(after.headline, 'main.tf line 2: the backend block must be removed');
});

test('an argument that hides the block from the parser is not trusted', async () => {
  const source = await stage.source({ 'main.tf': 'terraform {\n  backend "s3" {}\n}\nterraform = 1\n' });
  const outcome = await executePlan(stage.planSpec(source, { engine: stage.standIn('exit 1') }), stage.sink());
  assert.ok(!outcome.ok);
  assert.doesNotMatch(asked(), /TF_HTTP_/);
});

test('the words in other places are no backend', async () => {
  const source = await stage.source({
    'main.tf': 'locals {\n  backend = "cloud"\n}\nterraform {\n  required_version = ">= 1.0"\n}\n',
    'more.tf.json': '{"locals": {"cloud": {"backend": 1}}}',
    '.hidden.tf': 'terraform {\n  backend "s3" {}\n}\n',
    'modules/m/main.tf': 'terraform {\n  backend "s3" {}\n}\n',
  });
  assert.equal((await executePlan(stage.planSpec(source), stage.sink())).ok, true);
});

test('a backend that only init shows is refused before planning', async () => {
  const engine = stage.standIn(
    'mkdir .terraform; echo \'{"backend":{"type":"http","config":{"address":"http://evil","username":null}}}\' >.terraform/terraform.tfstate',
  );
  const outcome = await executePlan(stage.planSpec(await stage.source({ 'main.tf': '' }), { engine }), stage.sink());
  assert.ok(!outcome.ok);
  assert.equal(outcome.failure.reason, 'refused');
  assert.match(outcome.failure.headline, /settings of the repository's own \(address\)/);
  assert.doesNotMatch(asked(), /^plan /m);
});

test('a committed state file is refused', async () => {
  const failure = await refusal({ 'net/main.tf': '', 'net/terraform.tfstate': '{}' }, { rootModule: 'net' });
  assert.equal(failure.headline, 'The repository holds a state file: net/terraform.tfstate');
  assert.match(failure.detail, /give it to "Import state" on the State tab/);
  assert.equal(asked(), '');
});

test('a committed .terraform and errored.tfstate are not used', async () => {
  const source = await stage.source({
    'net/main.tf': '',
    'net/.terraform/terraform.tfstate': '{"version":3,"backend":{"type":"local","config":{},"hash":1}}',
    'net/sub/.terraform/x': '',
    'net/errored.tfstate': '{}',
  });
  const engine = stage.standIn('find . -name .terraform -o -name errored.tfstate; exit 1');
  const sink = stage.sink();
  await executePlan(stage.planSpec(source, { rootModule: 'net', engine }), sink);
  assert.equal(sink.text('initializing'), '');
});

test('a root module that is not there is refused', async () => {
  const failure = await refusal({ 'main.tf': '' }, { rootModule: 'net' });
  assert.equal(failure.headline, 'The directory net is not in the repository');
  assert.match(
    failure.detail,
    /If the stack is to go, take it out of zenfra\.yml too, after a destroy run on its page/,
  );
});

test('a root module without configuration is refused, which would be planned as the end of all it manages', async () => {
  const failure = await refusal({ 'net/README.md': '', 'net/sub/main.tf': '' }, { rootModule: 'net' });
  assert.equal(failure.headline, 'The directory net holds no configuration');
});

test('a root module whose files this engine does not read is refused, as it is empty to it', async () => {
  const files = { 'net/main.tofu': '', 'net/a.tofu.json': '{}', 'net/README.md': '', 'net/x.tf/main.tf': '' };
  const failure = await refusal(files, { rootModule: 'net' });
  assert.equal(failure.headline, 'Terraform 1.11.4 reads none of the files in net');
  assert.match(failure.detail, /would plan to destroy all .*iac\.engine: tofu/);
  const engine = { ...stage.standIn('echo reached; exit 1'), engine: 'tofu' as const };
  const old = await refusal(files, { rootModule: 'net', engine: { ...engine, version: '1.7.3' } });
  assert.equal(old.headline, 'OpenTofu 1.7.3 reads none of the files in net');
  const spec = stage.planSpec(await stage.source(files), { rootModule: 'net' });
  const sink = stage.sink();
  await executePlan({ ...spec, engine: { ...engine, version: '1.8.0-rc1' } }, sink);
  assert.match(sink.text('initializing'), /reached/);
});

test('a plan to destroy needs no configuration', async () => {
  const source = await stage.source({ 'net/README.md': '' });
  const engine = stage.standIn('echo reached; exit 1');
  const spec = stage.planSpec(source, { rootModule: 'net', engine });
  const sink = stage.sink();
  await executePlan({ ...spec, run: { ...spec.run, type: 'destroy' } }, sink);
  assert.match(sink.text('initializing'), /reached/);
});

test('a root module outside the repository is refused', async () => {
  assert.equal((await refusal({ 'a.tf': '' }, { rootModule: '../..' })).reason, 'refused');
});

test('a root module that is a link out of the repository is refused', async () => {
  const source = await stage.source({ 'main.tf': '' });
  mkdirSync(join(stage.root, 'outside'));
  symlinkSync(join(stage.root, 'outside'), join(source.directory, 'net'));
  const digest = digestEntries(await readSourceEntries(source.directory));
  const spec = stage.planSpec({ ...source, digest }, { rootModule: 'net', engine: stage.standIn('exit 1') });
  const outcome = await executePlan(spec, stage.sink());
  assert.ok(!outcome.ok);
  assert.equal(outcome.failure.headline, 'The directory net is not in the repository');
});

test('a root module by way of a link is refused with the directory that the stack’s path has to name', async () => {
  const source = await stage.source({ 'infra/net/main.tf': '' });
  symlinkSync('infra/net', join(source.directory, 'net'));
  symlinkSync('infra', join(source.directory, 'prod'));
  const digest = digestEntries(await readSourceEntries(source.directory));
  for (const rootModule of ['net', 'prod/net', './net']) {
    const spec = stage.planSpec({ ...source, digest }, { rootModule, engine: stage.standIn('exit 1') });
    const outcome = await executePlan(spec, stage.sink());
    assert.ok(!outcome.ok);
    assert.equal(outcome.failure.headline, `The stack’s path ${rootModule} is a symbolic link`);
    assert.match(outcome.failure.detail, /Write "path: infra\/net" in zenfra\.yml/);
  }
});

test('a variable that decides which code runs is refused', async () => {
  for (const name of ['LD_PRELOAD', 'PATH', 'TF_CLI_ARGS_plan', 'TF_REATTACH_PROVIDERS', 'TF_HTTP_ADDRESS', 'A=B']) {
    const failure = await refusal({ 'main.tf': '' }, { environment: { [name]: 'x' } });
    assert.equal(failure.headline, `The environment variable ${name} cannot be set for a run`);
  }
});

test('a hostile archive fails the run with its sentence', async () => {
  const why = 'The source archive was not unpacked: "../x" leaves the repository by "..".';
  const fetchSource = async () => {
    throw new SourceRefused(why);
  };
  const failure = await refusal({ 'main.tf': '' }, { fetchSource });
  assert.equal(failure.headline, why);
});

test('an error of the download is thrown, and leaves nothing behind', async () => {
  const fetchSource = async () => {
    throw new Error('GitHub answered 502');
  };
  const spec = stage.planSpec(await stage.source({ 'main.tf': '' }), { fetchSource });
  await assert.rejects(executePlan(spec, stage.sink()), /502/);
  assert.equal(existsSync(spec.directory), false);
});

test('the engine gets what is listed and nothing else of the environment', async () => {
  const spec = stage.planSpec(await stage.source({ 'main.tf': '' }), {
    engine: stage.standIn('exit 1'),
    environment: { TF_VAR_size: '3' },
    inherited: {
      PATH: process.env.PATH,
      DATABASE_URL: 'secret',
      PRIVATE_KEY: 'secret',
      HTTPS_PROXY: 'http://proxy',
      TZ: undefined,
    },
  });
  await executePlan(spec, stage.sink());
  const [first = ''] = asked().split('\n\n');
  const names = first
    .split('\n')
    .slice(1)
    .map((line) => line.split('=')[0] ?? '');
  // The shell adds these itself.
  const added = new Set(['PWD', 'OLDPWD', 'SHLVL', '_']);
  assert.deepEqual(
    names.filter((name) => !added.has(name)).sort(),
    [
      'CHECKPOINT_DISABLE',
      'GOGC',
      'HOME',
      'HTTPS_PROXY',
      'LANG',
      'PATH',
      'TF_HTTP_ADDRESS',
      'TF_HTTP_LOCK_ADDRESS',
      'TF_HTTP_RETRY_MAX',
      'TF_HTTP_RETRY_WAIT_MAX',
      'TF_HTTP_RETRY_WAIT_MIN',
      'TF_HTTP_UNLOCK_ADDRESS',
      'TF_IN_AUTOMATION',
      'TF_INPUT',
      'TF_PLUGIN_CACHE_DIR',
      'TF_VAR_size',
      'TMPDIR',
    ].sort(),
  );
  assert.match(first, /^init -input=false $/m);
  assert.ok(!first.split('\n')[0]?.includes('password'), 'no credential in an argument');
});

test('what a run was given holds against what the worker passes on, in either spelling', async () => {
  const environment = {
    https_proxy: 'http://of.the.run',
    TZ: 'Asia/Tokyo',
    home: 'x',
    TF_REGISTRY_CLIENT_TIMEOUT: '60',
  };
  const inherited = {
    ...{ PATH: process.env.PATH, HTTPS_PROXY: 'http://of.the.worker', NO_PROXY: 'localhost', TZ: 'UTC' },
    ...{ TF_REGISTRY_CLIENT_TIMEOUT: '5' },
  };
  const before = asked().length;
  const source = await stage.source({ 'main.tf': '' });
  await executePlan(stage.planSpec(source, { engine: stage.standIn('exit 1'), environment, inherited }), stage.sink());
  const lines = (asked().slice(before).split('\n\n')[0] ?? '').split('\n');
  assert.deepEqual(lines.filter((line) => /proxy|^TZ|TIMEOUT/i.test(line)).sort(), [
    'NO_PROXY=localhost',
    'TF_REGISTRY_CLIENT_TIMEOUT=60',
    'TZ=Asia/Tokyo',
    'https_proxy=http://of.the.run',
  ]);
  assert.ok(
    lines.some((line) => /^HOME=.*plan-1/.test(line)),
    'its home stays its own',
  );
});

test('a configuration file of the engine that is not there is not passed on', async () => {
  const source = await stage.source({ 'main.tf': '' });
  const there = join(stage.root, 'terraform.rc');
  writeFileSync(there, '');
  for (const file of [there, join(stage.root, 'missing.rc')]) {
    const inherited = { PATH: process.env.PATH, TF_CLI_CONFIG_FILE: file };
    await executePlan(stage.planSpec(source, { engine: stage.standIn('exit 1'), inherited }), stage.sink());
  }
  assert.match(asked(), /^TF_CLI_CONFIG_FILE=.*terraform\.rc$/m);
  assert.doesNotMatch(asked(), /missing\.rc/);
});

test('a work directory with leftovers is emptied first', async () => {
  const spec = stage.planSpec(await stage.source({ 'main.tf': '' }));
  mkdirSync(join(spec.directory, 'source'), { recursive: true });
  writeFileSync(join(spec.directory, 'source', 'left.tf'), 'nonsense');
  assert.equal((await executePlan(spec, stage.sink())).ok, true);
});
