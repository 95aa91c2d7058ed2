import assert from 'node:assert/strict';
import { chmod, cp, readdir, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { chooseAccount } from '../../src/db/embedded/account.ts';
import { findBinaries, prepareRuntime } from '../../src/db/embedded/binaries.ts';
import { runAs } from '../../src/db/embedded/run-as.ts';
import { clear, isRoot, makeRoom } from './embedded-world.ts';

test('the links that npm cannot carry are made beside the data, and node_modules stays as it is', async () => {
  const room = await makeRoom();
  const binaries = await findBinaries();
  const before = await readdir(join(binaries.native, 'lib'));
  const account = await chooseAccount(room);
  const runtime = await prepareRuntime(binaries, account, room);
  const { code, output } = await runAs(account, join(runtime.bin, 'initdb'), ['--version'], runtime.libraries);
  assert.deepEqual([code, output.trim()], [0, 'initdb (PostgreSQL) 18.4']);
  assert.deepEqual(await readdir(join(binaries.native, 'lib')), before);
  await clear(room);
});

test('links that point elsewhere, as after a move of the installation, are made anew', async () => {
  const room = await makeRoom();
  const binaries = await findBinaries();
  const account = await chooseAccount(room);
  const moved = { ...binaries, native: join(room, 'moved') };
  await cp(binaries.native, moved.native, { recursive: true });
  await prepareRuntime(moved, account, room);
  await prepareRuntime(binaries, account, room);
  const [name, file] = [...binaries.links][0] ?? ['', ''];
  assert.equal(await readlink(join(room, 'links', name)), join(binaries.native, 'lib', file));
  await clear(room);
});

if (isRoot) {
  test('binaries that the server’s user may not reach are copied beside the data', async () => {
    const room = await makeRoom();
    const installed = await findBinaries();
    const closed = join(room, 'closed');
    await cp(installed.native, closed, { recursive: true });
    await chmod(closed, 0o700);
    const account = await chooseAccount(room);
    const runtime = await prepareRuntime({ ...installed, native: closed }, account, room);
    assert.equal(runtime.bin, join(room, `binaries-${installed.version}`, 'bin'));
    assert.equal((await stat(join(runtime.bin, 'postgres'))).mode & 0o777, 0o755);
    const { code, output } = await runAs(account, join(runtime.bin, 'initdb'), ['--version'], runtime.libraries);
    assert.deepEqual([code, output.trim()], [0, 'initdb (PostgreSQL) 18.4']);
    await clear(room);
  });
}
