import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import type { SourceBundle } from '../../src/execution/contract.ts';
import { type Execution, openExecution } from '../../src/execution/execution.ts';
import { initialize } from '../../src/execution/initialize.ts';
import { openPhaseLog } from '../../src/execution/phase-log.ts';
import { prepareWorkspace } from '../../src/execution/prepare.ts';
import { takeTurn } from '../../src/execution/provider-turns.ts';
import { digestEntries, readSourceEntries } from '../../src/execution/source-digest.ts';
import type { Hooks } from '../../src/run/hooks.ts';
import { zip } from '../runners/mirror.ts';
import { openStage } from './stage.ts';

const stage = await openStage();
after(() => stage.close());

/** Providers that are no programs: init fetches, checks and links them, and starts none. */
const mirror = join(stage.root, 'mirror');
const config = join(stage.root, 'cli.tfrc');
writeFileSync(config, `provider_installation {\n  filesystem_mirror {\n    path = "${mirror}"\n  }\n}\n`);
const kept = join(stage.root, 'kept');
const platform = `${process.platform}_${process.arch === 'x64' ? 'amd64' : process.arch}`;

beforeEach(() => {
  rmSync(kept, { recursive: true, force: true });
  rmSync(mirror, { recursive: true, force: true });
  for (const version of ['1.0.0', '1.1.0']) offer('alpha', version);
  offer('beta', '2.0.0');
});

/** Packed, as a registry has them: what is unpacked in a mirror is only linked to. */
function offer(type: string, version: string): void {
  const directory = join(mirror, 'registry.terraform.io', 'acme', type);
  mkdirSync(directory, { recursive: true });
  const archive = zip({ [`terraform-provider-${type}_v${version}`]: Buffer.from(`${type} ${version}`) });
  writeFileSync(join(directory, `terraform-provider-${type}_${version}_${platform}.zip`), archive);
}

function sha256Of(type: string, version: string): string {
  const name = `terraform-provider-${type}_${version}_${platform}.zip`;
  const archive = readFileSync(join(mirror, 'registry.terraform.io', 'acme', type, name));
  return createHash('sha256').update(archive).digest('hex');
}

function needs(providers: Record<string, string>): string {
  const lines = Object.entries(providers).map(
    ([type, version]) => `    ${type} = {\n      source  = "acme/${type}"\n      version = "${version}"\n    }\n`,
  );
  return `terraform {\n  required_providers {\n${lines.join('')}  }\n}\n`;
}

let count = 0;

async function init(
  source: SourceBundle,
  hooks: Hooks = {},
  timeoutMs = 60_000,
): Promise<{ execution: Execution; failure: string | null; module: string }> {
  count += 1;
  const spec = stage.planSpec(source, {
    directory: join(stage.root, 'work', `plan-${count}`),
    pluginCacheDirectory: kept,
    hooks,
    timeoutMs,
    inherited: { PATH: process.env.PATH, TF_CLI_CONFIG_FILE: config },
  });
  const execution = openExecution(spec, stage.sink());
  const prepared = await prepareWorkspace(execution, openPhaseLog(execution.sink, 'preparing'));
  assert.ok(prepared.ok);
  const failure = await initialize(execution, { phase: 'initializing', unreadable: [], lockFileReadOnly: false });
  return { execution, failure: failure?.detail ?? null, module: execution.workspace.module };
}

const place = (type: string, version: string) => join('registry.terraform.io', 'acme', type, version, platform);
const installed = (module: string, type: string, version: string) =>
  realpathSync(join(module, '.terraform', 'providers', place(type, version)));

test('what one init has fetched is kept for all, and the next ones fetch nothing', async () => {
  const source = await stage.source({ 'main.tf': needs({ alpha: '~> 1.0', beta: '2.0.0' }) });
  const first = await init(source);
  assert.equal(first.failure, null);
  assert.equal(installed(first.module, 'alpha', '1.1.0'), realpathSync(join(kept, place('alpha', '1.1.0'))));
  // A second time nothing is unpacked: the very files are used.
  const lock = readFileSync(join(first.module, '.terraform.lock.hcl'), 'utf8');
  const before = statSync(join(kept, place('alpha', '1.1.0'), 'terraform-provider-alpha_v1.1.0')).ino;
  for (const files of [{}, { '.terraform.lock.hcl': lock }]) {
    const next = await init(await stage.source({ 'main.tf': needs({ alpha: '~> 1.0', beta: '2.0.0' }), ...files }));
    assert.equal(next.failure, null);
    assert.equal(installed(next.module, 'alpha', '1.1.0'), realpathSync(join(kept, place('alpha', '1.1.0'))));
    assert.equal(lstatSync(join(next.execution.workspace.plugins, place('alpha', '1.1.0'))).isSymbolicLink(), true);
  }
  assert.equal(statSync(join(kept, place('alpha', '1.1.0'), 'terraform-provider-alpha_v1.1.0')).ino, before);
});

test('many stacks at once, first use included, all get their providers whole', async () => {
  const first = await init(await stage.source({ 'main.tf': needs({ alpha: '1.0.0', beta: '2.0.0' }) }));
  const lock = readFileSync(join(first.module, '.terraform.lock.hcl'), 'utf8');
  rmSync(kept, { recursive: true });
  const source = await stage.source({
    'main.tf': needs({ alpha: '1.0.0', beta: '2.0.0' }),
    '.terraform.lock.hcl': lock,
  });
  const inits = await Promise.all(Array.from({ length: 6 }, () => init(source)));
  for (const { failure, module } of inits) {
    assert.equal(failure, null);
    assert.equal(installed(module, 'beta', '2.0.0'), realpathSync(join(kept, place('beta', '2.0.0'))));
  }
  assert.deepEqual(readdirSync(join(kept, 'registry.terraform.io/acme/alpha/1.0.0')).sort(), [
    platform,
    `${platform}.h1`,
  ]);
});

test('a version that the lock file names is used although there is a newer one, and another hash is never linked', async () => {
  const first = await init(await stage.source({ 'main.tf': needs({ alpha: '1.0.0' }) }));
  const lock = readFileSync(join(first.module, '.terraform.lock.hcl'), 'utf8').replace(/constraints\s+= .*\n/, '');
  const locked = await init(await stage.source({ 'main.tf': needs({ alpha: '~> 1.0' }), '.terraform.lock.hcl': lock }));
  assert.equal(locked.failure, null);
  assert.equal(installed(locked.module, 'alpha', '1.0.0'), realpathSync(join(kept, place('alpha', '1.0.0'))));
  const other = lock.replace(/"h1:[^"]+"/, `"h1:${createHash('sha256').update('other').digest('base64')}"`);
  const wrong = await init(await stage.source({ 'main.tf': needs({ alpha: '1.0.0' }), '.terraform.lock.hcl': other }));
  assert.match(wrong.failure ?? '', /checksum/);
  const whole = readFileSync(join(kept, place('alpha', '1.0.0'), 'terraform-provider-alpha_v1.0.0'), 'utf8');
  assert.equal(whole, 'alpha 1.0.0');
});

test('a lock file is read as the engine reads it: through a link, and with the line ends of Windows', async () => {
  const first = await init(await stage.source({ 'main.tf': needs({ alpha: '1.0.0' }) }));
  const lock = readFileSync(join(first.module, '.terraform.lock.hcl'), 'utf8');
  const program = join(kept, place('alpha', '1.0.0'), 'terraform-provider-alpha_v1.0.0');
  const { ino, mtimeMs } = statSync(program);
  // As it is made on another platform: the hash of what is kept is not in it, so init fetches and unpacks.
  const elsewhere = lock.replace(/"h1:[^"]+"/, `"zh:${sha256Of('alpha', '1.0.0')}"`);
  for (const { text, fetches } of [
    { text: lock.replaceAll('\n', '\r\n'), fetches: false },
    { text: elsewhere, fetches: true },
  ]) {
    const source = await stage.source({ 'main.tf': needs({ alpha: '1.0.0' }), 'locks/all.hcl': text });
    symlinkSync('locks/all.hcl', join(source.directory, '.terraform.lock.hcl'));
    const digest = digestEntries(await readSourceEntries(source.directory));
    const { failure, execution } = await init({ ...source, digest });
    assert.equal(failure, null);
    const linked = lstatSync(join(execution.workspace.plugins, place('alpha', '1.0.0'))).isSymbolicLink();
    assert.equal(linked, !fetches);
    assert.deepEqual([statSync(program).ino, statSync(program).mtimeMs], [ino, mtimeMs]);
  }
});

test('a provider that a repository brings along is not kept for others', async () => {
  offer('gamma', '3.0.0');
  const brought = { 'terraform.d/plugins/registry.terraform.io/acme/gamma/README': 'its own' };
  const source = await stage.source({ 'main.tf': needs({ gamma: '3.0.0' }), ...brought });
  const { failure } = await init(source);
  assert.equal(failure, null);
  mkdirSync(kept, { recursive: true });
  assert.deepEqual(
    readdirSync(kept, { recursive: true }).filter((name) => String(name).includes('gamma')),
    [],
  );
});

test('what init finds after a command of the stack’s own is not kept for others', async () => {
  const { failure } = await init(await stage.source({ 'main.tf': needs({ alpha: '1.0.0' }) }), {
    before_init: ['true'],
  });
  assert.equal(failure, null);
  mkdirSync(kept, { recursive: true });
  assert.deepEqual(
    readdirSync(kept, { recursive: true }).filter((name) => String(name).includes('alpha')),
    [],
  );
});

test('an init waits for who fetches the same alone, not longer than it may take, and never for what nobody keeps', async () => {
  offer('delta', '4.0.0');
  offer('epsilon', '5.0.0');
  const lockOf = (type: string, version: string) =>
    `provider "registry.terraform.io/acme/${type}" {\n  version = "${version}"\n  hashes = [\n    "zh:${sha256Of(type, version)}",\n  ]\n}\n`;
  const files = (type: string, version: string) => ({
    'main.tf': needs({ [type]: version }),
    '.terraform.lock.hcl': lockOf(type, version),
  });
  const turn = takeTurn([join(kept, 'registry.terraform.io/acme/delta/4.0.0')]);
  await turn.came;
  const late = await init(await stage.source(files('delta', '4.0.0')), {}, 300);
  assert.match(late.failure ?? '', /interrupted at its deadline/);
  const other = await init(await stage.source(files('epsilon', '5.0.0')));
  assert.equal(other.failure, null);
  const hooked = await init(await stage.source(files('delta', '4.0.0')), { before_init: ['true'] });
  assert.equal(hooked.failure, null);
  // What the lock file still names is fetched by nobody.
  const stale = { 'main.tf': needs({ alpha: '1.0.0' }), '.terraform.lock.hcl': lockOf('beta', '2.0.0') };
  assert.equal((await init(await stage.source(stale))).failure, null);
  const another = takeTurn([join(kept, 'registry.terraform.io/acme/beta/2.0.0')]);
  assert.equal((await init(await stage.source(stale))).failure, null);
  turn.leave();
  another.leave();
});

test('turns come in the order of the calls, and for what is not shared at once', async () => {
  const order: string[] = [];
  const take = (name: string, places: string[]) => {
    const turn = takeTurn(places);
    void turn.came.then(() => order.push(name));
    return turn;
  };
  const [a, b, c] = [take('a', ['x', 'y']), take('b', ['y', 'z']), take('c', ['w'])];
  await Promise.all([a.came, c.came]);
  assert.deepEqual(order.toSorted(), ['a', 'c']);
  const d = take('d', ['x']);
  a.leave();
  await Promise.all([b.came, d.came]);
  assert.deepEqual(order.slice(2).toSorted(), ['b', 'd']);
  for (const turn of [b, c, d]) turn.leave();
});
