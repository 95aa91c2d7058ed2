import assert from 'node:assert/strict';
import { chmod, cp, mkdir, readdir, readlink, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
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
  const { bin } = await prepareRuntime(binaries, account, room);
  const [name, file] = [...binaries.links][0] ?? ['', ''];
  assert.equal(await readlink(join(room, 'links', name)), join(dirname(bin), 'lib', file));
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

  test('binaries in a home that only root can enter run as another user, with data in the same home', async () => {
    const home = await makeRoom(0o700);
    const installed = await findBinaries();
    const native = join(home, 'clone', 'native');
    await cp(installed.native, native, { recursive: true });
    const data = join(home, 'clone', '.zenfra');
    await mkdir(data);
    const account = await chooseAccount(data);
    const { bin, libraries } = await prepareRuntime({ ...installed, native }, account, data);
    assert.equal(bin, join(native, 'bin'));
    await chmod(data, 0o777);
    const made = await runAs(account, join(bin, 'initdb'), ['-D', join(data, 'cluster'), '--no-sync'], libraries);
    assert.equal(made.code, 0, made.output);
    assert.notEqual((await stat(join(data, 'cluster'))).uid, 0);
    await clear(home);
  });
}
