import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Header } from 'tar';
import { digestEntries, readSourceEntries } from '../../src/execution/source-digest.ts';
import { SourceRefused, unpackSource } from '../../src/execution/unpack.ts';

let root: string;
let target: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'zenfra-unpack-'));
  target = join(root, 'target');
  mkdirSync(target);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

interface Entry {
  path: string;
  type?: 'File' | 'Directory' | 'SymbolicLink' | 'Link' | 'CharacterDevice' | 'FIFO';
  content?: string;
  linkpath?: string;
  mode?: number;
  /** Claimed in the header, whatever follows. */
  size?: number;
}

/** Writes archives that no tar program would. */
function archive(entries: Entry[]): Buffer {
  const blocks: Buffer[] = [];
  for (const { path, type = 'File', content = '', linkpath, mode = 0o644, size } of entries) {
    const header = new Header({
      path,
      type,
      mode,
      size: size ?? Buffer.byteLength(content),
      ...(linkpath ? { linkpath } : {}),
    });
    const block = Buffer.alloc(512);
    header.encode(block);
    blocks.push(block, Buffer.from(content), Buffer.alloc((512 - (Buffer.byteLength(content) % 512)) % 512));
  }
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

function unpack(packed: Buffer) {
  return unpackSource(Readable.from([packed]), target);
}

async function refused(entries: Entry[], sentence: RegExp): Promise<void> {
  await assert.rejects(unpack(archive(entries)), (error: Error) => {
    assert.ok(error instanceof SourceRefused, String(error));
    assert.match(error.message, sentence);
    return true;
  });
  assert.deepEqual(readdirSync(root), ['target'], 'nothing was written outside');
}

test('a repository is unpacked without its wrapping directory, with modes and links', async () => {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: join(root, 'repo') });
  mkdirSync(join(root, 'repo', 'net', 'modules'), { recursive: true });
  git('init', '-q');
  writeFileSync(join(root, 'repo', 'main.tf'), 'locals {}\n');
  writeFileSync(join(root, 'repo', 'net', 'run.sh'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(join(root, 'repo', 'net', 'a\nb'), 'odd');
  execFileSync('ln', ['-s', '../../main.tf', 'link.tf'], { cwd: join(root, 'repo', 'net', 'modules') });
  writeFileSync(join(root, 'repo', 'n'.repeat(200)), Buffer.alloc(300_000, 'x'));
  git('add', '.');
  git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-qm', 'x');
  const packed = git('archive', '--format=tar.gz', '--prefix=repo-4f2c9d1/', 'HEAD');
  const unpacked = await unpack(packed);
  assert.equal(unpacked.archiveBytes, packed.length);
  assert.equal(unpacked.files, 5);
  assert.equal(readFileSync(join(target, 'main.tf'), 'utf8'), 'locals {}\n');
  assert.equal(lstatSync(join(target, 'net', 'run.sh')).mode & 0o111, 0o111);
  assert.equal(lstatSync(join(target, 'main.tf')).mode & 0o111, 0);
  assert.equal(readlinkSync(join(target, 'net', 'modules', 'link.tf')), '../../main.tf');
  assert.equal(readFileSync(join(target, 'net', 'a\nb'), 'utf8'), 'odd');
  assert.equal(lstatSync(join(target, 'n'.repeat(200))).size, 300_000);
  assert.equal(unpacked.digest, digestEntries(await readSourceEntries(target)), 'what lies there has the same digest');
});

test('the digest is of the content and not of the archive', async () => {
  const first = await unpack(
    archive([
      { path: 'r-1/a', content: '1' },
      { path: 'r-1/b', content: '2' },
    ]),
  );
  target = join(root, 'other');
  mkdirSync(target);
  const second = await unpack(
    archive([
      { path: 'r-2/b', content: '2' },
      { path: 'r-2/a', content: '1' },
    ]),
  );
  assert.equal(first.digest, second.digest);
  const changes: Entry[][] = [
    [
      { path: 'r/a', content: '1' },
      { path: 'r/b', content: '3' },
    ],
    [
      { path: 'r/a', content: '1' },
      { path: 'r/c', content: '2' },
    ],
    [
      { path: 'r/a', content: '1', mode: 0o755 },
      { path: 'r/b', content: '2' },
    ],
    [
      { path: 'r/a', content: '1' },
      { path: 'r/b', type: 'SymbolicLink', linkpath: '2' },
    ],
  ];
  for (const [index, entries] of changes.entries()) {
    target = join(root, `changed-${index}`);
    mkdirSync(target);
    assert.notEqual((await unpack(archive(entries))).digest, first.digest);
  }
});

test('names that leave the repository are refused', async () => {
  await refused([{ path: 'r/../../evil' }], /"r\/\.\.\/\.\.\/evil" leaves the repository by "\.\."/);
  await refused([{ path: '../evil' }], /leaves the repository/);
  await refused([{ path: '/etc/evil' }], /absolute name/);
});

test('links that leave the repository are refused', async () => {
  const link = (path: string, linkpath: string): Entry => ({ path, type: 'SymbolicLink', linkpath });
  await refused(
    [link('r/a', '/etc/passwd')],
    /"r\/a" is a link that leaves the repository, to "\/etc\/passwd". Remove it, or .* "export-ignore"/,
  );
  await refused([link('r/a', '../b')], /leaves the repository/);
  await refused([link('r/x/a', '../../b')], /leaves the repository/);
  await refused([link('r/a/b/up', '../..'), link('r/z', 'a/b/up/../x')], /"r\/z" is a link that leaves/);
});

test('nothing is written through a link', async () => {
  const link: Entry = { path: 'r/sub', type: 'SymbolicLink', linkpath: 'real' };
  await refused([{ path: 'r/real/x' }, link, { path: 'r/sub/evil' }], /lies below "sub", which is not a directory/);
});

test('a name that comes twice is refused', async () => {
  await refused(
    [
      { path: 'r/a', content: '1' },
      { path: 'r/a', content: '2' },
    ],
    /"r\/a" comes twice/,
  );
  rmSync(join(target, 'a'));
  await refused([{ path: 'r/a' }, { path: 'r/a/b' }], /lies below "a"/);
});

test('hard links, devices and pipes are refused', async () => {
  await refused([{ path: 'r/a' }, { path: 'r/b', type: 'Link', linkpath: 'r/a' }], /"r\/b" is a Link/);
  rmSync(join(target, 'a'));
  await refused([{ path: 'r/b', type: 'CharacterDevice' }], /is a CharacterDevice/);
  await refused([{ path: 'r/b', type: 'FIFO' }], /is a FIFO/);
});

test('an archive of more than 100,000 entries is refused', async () => {
  const entries = Array.from(
    { length: 100_001 },
    (_, index): Entry => ({ path: `r/d${index % 3}`, type: 'Directory' }),
  );
  await refused(entries, /more than 100000 entries/);
});

test('an entry that claims more than 1 GiB is refused before it is read', async () => {
  await refused([{ path: 'r/a', size: 5_000_000_000 }], /more than 1 GiB/);
});

test('an archive that unpacks to gigabytes is refused early, with little memory', async () => {
  const zeros = gzipSync(Buffer.alloc(64_000_000));
  let pieces = 0;
  const bomb = function* () {
    yield archive([{ path: 'r/a' }]);
    for (; pieces < 100; pieces += 1) yield zeros;
  };
  const before = process.memoryUsage().rss;
  await assert.rejects(unpackSource(Readable.from(bomb()), target), SourceRefused);
  const grown = process.memoryUsage().rss - before;
  assert.ok(grown < 100_000_000, `memory grew by ${grown}`);
  assert.ok(pieces < 100, 'the archive was not read to its end');
});

test('files that are claimed one by one are counted together', async () => {
  const most = Array.from({ length: 3 }, (_, index): Entry => ({ path: `r/${index}`, content: 'x'.repeat(1000) }));
  const { files } = await unpack(archive(most));
  assert.equal(files, 3);
  target = join(target, 'next');
  mkdirSync(target);
  await refused([...most, { path: 'r/last', size: 1024 ** 3 - 2999 }], /more than 1 GiB/);
});

test('an archive that ends early is an error and not a refusal', async () => {
  const packed = archive([{ path: 'r/a', content: 'x'.repeat(5000) }]);
  for (const part of [packed.subarray(0, packed.length - 20), Buffer.from('<html>502</html>'), Buffer.alloc(0)]) {
    rmSync(target, { recursive: true });
    mkdirSync(target);
    await assert.rejects(
      unpack(part),
      (error: Error) => !(error instanceof SourceRefused) && /to its end/.test(error.message),
    );
  }
});

test('a file in whose middle an archive ends is closed: else it keeps its room on the disk, and its number', async () => {
  const open = () =>
    readdirSync('/proc/self/fd')
      .map(pathOf)
      .filter((path) => path?.startsWith(target));
  const cut = archive([{ path: 'repo/a', content: randomBytes(200_000).toString('hex') }]).subarray(0, 100_000);
  await assert.rejects(unpack(cut), (error: Error) => !(error instanceof SourceRefused));
  assert.deepEqual(open(), []);
});

/** Null of what was closed since it was listed. */
function pathOf(number: string): string | null {
  try {
    return readlinkSync(`/proc/self/fd/${number}`);
  } catch {
    return null;
  }
}

test('a name is shown without what could forge a line', async () => {
  await refused(
    [{ path: 'r/../a\u001b[2J\n[Zenfra] fine' }],
    /^The source archive was not unpacked: "r\/\.\.\/a\\u\{1b\}\[2J\\u\{a\}\[Zenfra\] fine"/,
  );
  assert.equal(existsSync(join(target, 'a')), false);
});
