import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Execution } from '../../src/execution/execution.ts';
import { mountFiles } from '../../src/execution/mount-files.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'zenfra-mount-')));
after(() => rmSync(root, { recursive: true, force: true }));
let count = 0;

/** A copied source with the stack in `app`, as it is when files are mounted. */
function place() {
  count += 1;
  const source = join(root, String(count), 'source');
  const module = join(source, 'app');
  mkdirSync(module, { recursive: true });
  const mount = (path: string, content = 'secret') =>
    mountFiles({ spec: { files: [{ path, content }] }, workspace: { source, module } } as unknown as Execution);
  return { source, module, mount };
}

test('a file is there for this user alone, in directories that are made for it', async () => {
  const { module, mount } = place();
  assert.equal(await mount('secrets/deep/key.pem', 'a\nb\n'), null);
  const path = join(module, 'secrets/deep/key.pem');
  assert.equal(readFileSync(path, 'utf8'), 'a\nb\n');
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('nothing of the repository is written over, a link to elsewhere included', async () => {
  const { module, mount } = place();
  writeFileSync(join(module, 'prod.tfvars'), 'theirs');
  symlinkSync(join(root, 'outside.txt'), join(module, 'link.txt'));
  for (const path of ['prod.tfvars', 'link.txt'])
    assert.match(
      (await mount(path))?.detail ?? '',
      /is not written over\. Change the file’s path in the stack’s configuration bundle/,
    );
  assert.equal(readFileSync(join(module, 'prod.tfvars'), 'utf8'), 'theirs');
  assert.equal(existsSync(join(root, 'outside.txt')), false);
});

test('a directory of the repository that is a link out of it is not followed, nor a file in a directory’s place', async () => {
  const { module, source, mount } = place();
  mkdirSync(join(root, 'outside'), { recursive: true });
  symlinkSync(join(root, 'outside'), join(module, 'secrets'));
  symlinkSync(join(source, '..'), join(module, 'up'));
  writeFileSync(join(module, 'file'), '');
  for (const path of ['secrets/key', 'secrets/new/key', 'up/key', 'file/key'])
    assert.equal((await mount(path))?.headline, `The file ${path} cannot be mounted`, path);
  assert.equal(existsSync(join(root, 'outside/key')) || existsSync(join(root, 'outside/new')), false);
});

test('a path that may not be saved is refused here too', async () => {
  const { mount } = place();
  for (const path of ['../x', '/etc/x', '.terraform/x', 'main.tf'])
    assert.match((await mount(path))?.headline ?? '', /cannot be mounted$/, path);
});
