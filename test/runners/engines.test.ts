import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { createMessage, generateKey, readKey, reformatKey, sign } from 'openpgp';
import { ownPlace } from '../../src/execution/process-identity.ts';
import { parseConstraint } from '../../src/run/engine-version.ts';
import { engineFinder } from '../../src/runners/engines/find-engine.ts';
import { engineKeys } from '../../src/runners/engines/keys.ts';
import { refuseSignature } from '../../src/runners/engines/verify-sums.ts';
import type { EngineWish } from '../../src/runners/engines/wish.ts';
import { readWish } from '../../src/runners/engines/wish.ts';
import { makeSigner, publish, startMirror, zip } from './mirror.ts';

const mirror = await startMirror();
const signer = await makeSigner();
const root = mkdtempSync(join(tmpdir(), 'zenfra-engines-'));
after(async () => {
  await mirror.close();
  rmSync(root, { recursive: true, force: true });
});
beforeEach(() => {
  rmSync(root, { recursive: true, force: true });
  mirror.files.clear();
  mirror.asked.length = 0;
});

const directory = join(root, 'engines');
/** A search path without an engine. */
const environment = { PATH: join(root, 'nothing') };

function finder(changes: { keys?: string; mirror?: string | null; environment?: Record<string, string> } = {}) {
  const url = changes.mirror === undefined ? mirror.url : changes.mirror;
  const settings = { directory, mirrors: { terraform: url, tofu: url }, keys: changes.keys ?? signer.publicKey };
  return engineFinder(changes.environment ?? environment, settings);
}

function wish(engine: EngineWish['engine'], said: string): EngineWish {
  return { engine, said, constraint: parseConstraint(said, { prefix: true }), by: 'zenfra.yml' };
}

async function missing(found: ReturnType<ReturnType<typeof finder>['findEngine']>): Promise<string> {
  const answer = await found;
  assert.ok('missing' in answer, 'no engine is found');
  assert.deepEqual(existsSync(join(directory, 'terraform')) ? readdirSync(join(directory, 'terraform')) : [], []);
  return answer.missing;
}

test('many who ask for a version at once make one download of it, and later ones make none', async () => {
  await publish(mirror, { engine: 'terraform', version: '1.11.9', signer });
  const told: string[] = [];
  // Two finders are two workers on one machine.
  const all = [finder(), finder()].flatMap((each) =>
    Array.from({ length: 4 }, () => each.findEngine(wish('terraform', '1.11.9'), (text) => told.push(text))),
  );
  const expected = { engine: 'terraform', version: '1.11.9', path: join(directory, 'terraform/1.11.9/terraform') };
  for (const found of await Promise.all(all)) assert.deepEqual(found, expected);
  assert.equal(mirror.asked.filter((path) => path.endsWith('.zip')).length, 1);
  assert.equal(told[0], `Downloading Terraform 1.11.9 from ${mirror.url}...`);
  assert.equal(statSync(expected.path).mode & 0o777, 0o755);
  assert.deepEqual(readdirSync(join(directory, 'terraform')), ['1.11.9'], 'no lock and no archive is left');
  mirror.asked.length = 0;
  assert.deepEqual(await finder().findEngine(wish('terraform', '~> 1.11.2')), expected);
  assert.deepEqual(mirror.asked, []);
});

test('of a constraint the newest release that fits is taken, for both engines', async () => {
  for (const engine of ['terraform', 'tofu'] as const) {
    for (const version of ['1.9.8', '1.10.2', '1.11.0-beta1', '2.0.0'])
      await publish(mirror, { engine, version, signer });
    const found = await finder().findEngine(wish(engine, '>= 1.9, < 2'));
    assert.equal('version' in found && found.version, '1.10.2', engine);
  }
});

test('an engine on the search path that fits is used, and nothing is asked for', async () => {
  const found = await finder({ environment: { PATH: process.env.PATH ?? '' } }).findEngine(wish(null, '>= 1'));
  assert.equal('engine' in found && found.engine, 'terraform');
  assert.deepEqual(mirror.asked, []);
});

test('an engine on the search path that is replaced is another from then on', async () => {
  const bin = join(root, 'bin');
  mkdirSync(bin, { recursive: true });
  const install = (version: string) => {
    const script = `#!/bin/sh\necho asked >>${root}/asked\necho '{"terraform_version":"${version}"}'\n`;
    writeFileSync(join(bin, 'new'), script, { mode: 0o755 });
    renameSync(join(bin, 'new'), join(bin, 'terraform'));
  };
  const own = finder({ environment: { PATH: bin } });
  const versions: string[] = [];
  for (const version of ['1.11.4', '1.11.4', '1.11.5']) {
    if (!versions.includes(version)) install(version);
    const found = await own.findEngine(wish('terraform', '~> 1.11'));
    versions.push('version' in found ? found.version : found.missing);
  }
  assert.deepEqual(versions, ['1.11.4', '1.11.4', '1.11.5']);
  assert.equal(readFileSync(join(root, 'asked'), 'utf8'), 'asked\nasked\n', 'one that stays is asked once');
});

test('an engine that could not be asked for its version once is asked again', async () => {
  const path = join(root, 'bin', 'terraform');
  mkdirSync(dirname(path), { recursive: true });
  const busy = join(root, 'busy');
  writeFileSync(busy, '');
  writeFileSync(path, `#!/bin/sh\n[ ! -e ${busy} ] && echo '{"terraform_version":"1.9.1"}'\n`, { mode: 0o755 });
  const found = finder({ mirror: null, environment: { PATH: `${dirname(path)}:${process.env.PATH}` } });
  await assert.rejects(found.findEngine(wish('terraform', '1.9')));
  rmSync(busy);
  assert.deepEqual(await found.findEngine(wish('terraform', '1.9')), { engine: 'terraform', path, version: '1.9.1' });
});

test('where no engine is on the search path and none is asked for, it is OpenTofu', async () => {
  await publish(mirror, { engine: 'tofu', version: '1.10.2', signer });
  const found = await finder().findEngine({ engine: null, constraint: null, said: '', by: '' });
  assert.deepEqual(found, { engine: 'tofu', version: '1.10.2', path: join(directory, 'tofu/1.10.2/tofu') });
});

test('a release that is not what its maker signed is refused, and nothing of it stays', async () => {
  const release = { engine: 'terraform', version: '1.11.9', signer } as const;
  const ask = (changes?: Parameters<typeof finder>[0]) => finder(changes).findEngine(wish('terraform', '1.11.9'));
  const paths = await publish(mirror, release, { archive: zip({ terraform: Buffer.from('#!/bin/sh\nid\n') }) });
  assert.match(
    await missing(ask()),
    /Terraform 1\.11\.9 \(zenfra\.yml\) is wanted, and this worker has no Terraform on its PATH\. Terraform 1\.11\.9 could not be had: the checksum of .*\.zip is [0-9a-f]{64}, and .*_SHA256SUMS says [0-9a-f]{64}$/,
  );
  await publish(mirror, { ...release, signer: await makeSigner() });
  assert.match(await missing(ask()), /the signature of .*_SHA256SUMS is not right \(/);
  await publish(mirror, release);
  mirror.files.set(paths.sums, Buffer.from(`${mirror.files.get(paths.sums)} `));
  assert.match(await missing(ask()), /the signature of .* is not right/);
  await publish(mirror, release);
  mirror.files.set(paths.signature, Buffer.from('what is no signature'));
  assert.match(await missing(ask()), /the signature of .* is not right/);
  await publish(mirror, release);
  mirror.files.delete(paths.signature);
  assert.match(await missing(ask()), /SHA256SUMS\.sig answered 404$/);
  await publish(mirror, release);
  const builtIn = { directory, mirrors: { terraform: mirror.url, tofu: null }, keys: null };
  const found = engineFinder(environment, builtIn).findEngine(wish('terraform', '1.11.9'));
  assert.match(await missing(found), /the signature of .* is not right/, 'only the maker’s key counts by itself');
});

test('an archive that is signed and not an engine is refused', async () => {
  const release = { engine: 'terraform', version: '1.11.9', signer } as const;
  const ask = () => finder().findEngine(wish('terraform', '1.11.9'));
  await publish(mirror, release, { nameInside: '../terraform' });
  assert.match(await missing(ask()), /it holds no terraform$/);
  await publish(mirror, release, { content: Buffer.from('#!/bin/sh\necho \'{"terraform_version":"1.9.0"}\'\n') });
  assert.match(await missing(ask()), /says that it is 1\.9\.0$/);
});

test('a mirror that is away, has no release that fits or is switched off is said in a sentence', async () => {
  await publish(mirror, { engine: 'terraform', version: '1.9.8', signer });
  assert.equal(
    await missing(finder().findEngine(wish('terraform', '~> 1.12'))),
    `Terraform ~> 1.12 (zenfra.yml) is wanted, and this worker has no Terraform on its PATH. ${mirror.url} has no release that fits`,
  );
  assert.match(
    await missing(finder({ mirror: 'http://127.0.0.1:9' }).findEngine(wish('tofu', '1.10'))),
    /could not be reached/,
  );
  assert.equal(
    await missing(finder({ mirror: null }).findEngine(wish('tofu', '1.10'))),
    'OpenTofu 1.10 (zenfra.yml) is wanted, and this worker has no OpenTofu on its PATH',
  );
});

test('what a killed download left does not count and does not keep the next one out', async () => {
  await publish(mirror, { engine: 'terraform', version: '1.11.9', signer });
  const left = join(directory, 'terraform', '.1.11.9.partial-0b1c');
  mkdirSync(left, { recursive: true });
  writeFileSync(join(left, 'terraform'), 'half of it');
  const dead = { host: 'here', pid: 2 ** 22 + 1, place: ownPlace(), startTime: '1' };
  writeFileSync(join(directory, 'terraform', '.1.11.9.lock'), JSON.stringify(dead));
  const found = await finder().findEngine(wish('terraform', '1.11.9'));
  assert.equal('version' in found && found.version, '1.11.9');
  assert.deepEqual(readdirSync(join(directory, 'terraform')), ['1.11.9']);
});

test('the keys that are built in are the makers’', async () => {
  const fingerprints = {
    terraform: 'c874011f0ab405110d02105534365d9472d7468f',
    tofu: 'e3e6e43d84cb852eadb0051d0c0af313e5fd9f80',
  };
  for (const engine of ['terraform', 'tofu'] as const) {
    const key = await readKey({ armoredKey: engineKeys[engine] });
    assert.equal(key.getFingerprint(), fingerprints[engine]);
    const signing = await key.getSigningKey(undefined, new Date('2027-01-01'));
    assert.ok(signing !== undefined, `${engine}'s key signs`);
  }
});

test('a release counts that was signed before its maker prolonged the key', async () => {
  const userIDs = [{ name: 'A maker' }];
  const made = await generateKey({ userIDs, type: 'ecc', format: 'object', date: new Date('2020-01-01') });
  const sums = Buffer.from('sums');
  const message = await createMessage({ binary: sums });
  const signing = { message, signingKeys: made.privateKey, detached: true, format: 'binary' } as const;
  const signature = await sign({ ...signing, date: new Date('2021-01-01') });
  const later = await reformatKey({ privateKey: made.privateKey, userIDs, date: new Date('2022-01-01') });
  assert.equal(await refuseSignature('tofu', { sums, signature }, later.publicKey), null);
  assert.match(
    (await refuseSignature('tofu', { sums: Buffer.from('Sums'), signature }, later.publicKey)) ?? '',
    /match/,
  );
});

test('what a stack asks for is found in zenfra.yml, in version files upwards, then in its configuration', async () => {
  const source = join(root, 'source');
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(source, path)), { recursive: true });
    writeFileSync(join(source, path), text);
  };
  const said = async (engine: EngineWish['engine'] = null, version: string | null = null) => {
    const found = await readWish({ engine, version }, { source, rootModule: 'stacks/network' });
    return 'missing' in found ? found.missing : [found.engine, found.said, found.by].join(' | ');
  };
  write('stacks/network/main.tf', '# required_version = "9"\n');
  assert.equal(await said(), ' |  | ');
  write('stacks/network/versions.tf', 'terraform {\n  required_version = ">= 1.5, < 2"\n}\n');
  write('stacks/network/more.tf.json', '{"terraform": {"required_version": "!= 1.6.0"}}');
  assert.equal(await said(), ' | != 1.6.0, >= 1.5, < 2 | required_version');
  write('.terraform-version', '# ours\n\n1.9.8 # pinned\n');
  assert.equal(await said(), 'terraform | 1.9.8 | .terraform-version');
  write('stacks/.opentofu-version', 'v1.10.2\n');
  assert.equal(await said(), 'tofu | v1.10.2 | stacks/.opentofu-version');
  assert.equal(await said('terraform'), 'terraform | 1.9.8 | .terraform-version');
  write('stacks/network/.terraform-version', 'latest\n');
  assert.equal(await said(), 'terraform | latest | stacks/network/.terraform-version');
  assert.equal(await said(null, '~> 1.11'), ' | ~> 1.11 | zenfra.yml');
  write('stacks/network/.terraform-version', 'latest; rm -rf /\n');
  assert.equal(
    await said(),
    'stacks/network/.terraform-version asks for the version "latest; rm -rf /", which is none. Write one such as "1.11.4", or a constraint such as "~> 1.11"',
  );
});

test('version files may say what tfenv and tenv read, and a module may be written for both engines', async () => {
  const source = join(root, 'both');
  mkdirSync(source, { recursive: true });
  const write = (path: string, text: string) => writeFileSync(join(source, path), text);
  const said = async (engine: EngineWish['engine']) => {
    const found = await readWish({ engine, version: null }, { source, rootModule: '.' });
    return 'missing' in found ? found.missing : [found.engine, found.said, found.by].join(' | ');
  };
  write('versions.tf', 'terraform {\n  required_version = "~> 1.5.0"\n}\n');
  write('versions.tofu', 'terraform {\n  required_version = ">= 1.8"\n}\n');
  write('more.tf', 'terraform {\n  required_version = "!= 1.5.3"\n}\n');
  assert.equal(await said('terraform'), 'terraform | != 1.5.3, ~> 1.5.0 | required_version');
  assert.equal(await said('tofu'), 'tofu | != 1.5.3, >= 1.8 | required_version');
  assert.equal(await said(null), ' | != 1.5.3, ~> 1.5.0 | required_version');
  write('.terraform-version', 'latest-allowed\n');
  assert.equal(await said(null), 'terraform | != 1.5.3, ~> 1.5.0 | required_version');
  for (const latest of ['latest:1.9', 'latest:^1.9']) {
    write('.terraform-version', latest);
    const found = await readWish({ engine: null, version: null }, { source, rootModule: '.' });
    assert.ok(!('missing' in found));
    assert.deepEqual(found.constraint, parseConstraint('1.9', { prefix: true }));
  }
});
