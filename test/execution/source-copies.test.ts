import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type SourceBundle, SourceChanged } from '../../src/execution/contract.ts';
import { copySource, fileTime, type RightAt, restoreSource } from '../../src/execution/copy-source.ts';
import { executePlan } from '../../src/execution/execute-plan.ts';
import { SourceCopies } from '../../src/execution/source-copies.ts';
import { openStage, type Stage } from './stage.ts';

let stage: Stage;
before(async () => {
  stage = await openStage();
});
after(() => stage.close());

const files = {
  'net/main.tf': 'resource "terraform_data" "it" {}\n',
  'net/run.sh': '#!/bin/sh\n',
  'modules/a/main.tf': 'locals {}\n',
  'large.bin': 'x'.repeat(100_000),
};

interface Copy {
  source: SourceBundle;
  to: string;
  rightAt: RightAt;
}

let count = 0;
async function copied(): Promise<Copy> {
  const source = await stage.source(files);
  chmodSync(join(source.directory, 'net/run.sh'), 0o755);
  symlinkSync('modules/a', join(source.directory, 'link'));
  count += 1;
  const to = join(stage.root, `copy-${count}`);
  mkdirSync(to);
  await copySource(source.directory, to);
  const now = fileTime(stage.root);
  // The next step of the file system's clock: what an engine changes is later than this by its start at least.
  while (fileTime(stage.root) === now) {}
  return { source, to, rightAt: { names: now, content: now } };
}

/** `diff` knows nothing of modes, and `ls` nothing of content. */
function assertSame({ source, to }: Omit<Copy, 'rightAt'>): void {
  execFileSync('diff', ['-r', '--no-dereference', source.directory, to]);
  const modes = (directory: string) =>
    (readdirSync(directory, { recursive: true }) as string[])
      .sort()
      .map((name) => [name, lstatSync(join(directory, name)).mode, lstatSync(join(directory, name)).uid]);
  assert.deepEqual(modes(to), modes(source.directory));
}

test('a copy has the names, modes, links and content of the source', async () => {
  assertSame(await copied());
});

const changes: Record<string, (to: string) => void> = {
  'a file was written over': (to) => writeFileSync(join(to, 'net/main.tf'), 'resource "terraform_data" "xx" {}\n'),
  'a file has grown': (to) => writeFileSync(join(to, 'net/main.tf'), 'x', { flag: 'a' }),
  'a large file was changed at its end': (to) => writeFileSync(join(to, 'large.bin'), `${'x'.repeat(99_999)}y`),
  'a file is gone': (to) => unlinkSync(join(to, 'net/main.tf')),
  'a directory is gone': (to) => rmSync(join(to, 'modules'), { recursive: true }),
  'files and directories were added': (to) => {
    mkdirSync(join(to, 'net/.terraform/modules'), { recursive: true });
    writeFileSync(join(to, 'net/.terraform/modules/secret'), 'x');
    writeFileSync(join(to, 'net/terraform.tfvars'), 'secret = 1');
    mkdirSync(join(to, 'empty'));
  },
  'a file became a directory': (to) => {
    unlinkSync(join(to, 'net/run.sh'));
    mkdirSync(join(to, 'net/run.sh/x'), { recursive: true });
  },
  'a directory became a link': (to) => {
    rmSync(join(to, 'modules/a'), { recursive: true });
    symlinkSync('../net', join(to, 'modules/a'));
  },
  'a file became a link to the same content': (to) => {
    writeFileSync(join(stage.root, 'same'), files['net/main.tf']);
    unlinkSync(join(to, 'net/main.tf'));
    symlinkSync(join(stage.root, 'same'), join(to, 'net/main.tf'));
  },
  'a link leads elsewhere': (to) => {
    unlinkSync(join(to, 'link'));
    symlinkSync('net', join(to, 'link'));
  },
  'a pipe took the place of a file': (to) => {
    unlinkSync(join(to, 'net/main.tf'));
    execFileSync('mkfifo', [join(to, 'net/main.tf')]);
  },
  'modes were changed': (to) => {
    chmodSync(join(to, 'net/run.sh'), 0o644);
    chmodSync(join(to, 'net/main.tf'), 0o600);
    chmodSync(join(to, 'modules'), 0o700);
  },
};

for (const [what, change] of Object.entries(changes)) {
  test(`a copy is made right again when ${what}`, async () => {
    const copy = await copied();
    change(copy.to);
    await restoreSource(copy.source, copy.to, copy.rightAt);
    assertSame(copy);
  });
}

test('a file that has a second name is written anew, so that nobody can write to it by that name', async () => {
  const copy = await copied();
  linkSync(join(copy.to, 'net/main.tf'), join(stage.root, 'second'));
  await restoreSource(copy.source, copy.to, copy.rightAt);
  writeFileSync(join(stage.root, 'second'), 'other');
  assertSame(copy);
});

test('what is right already is left as it is', async () => {
  const copy = await copied();
  const made = lstatSync(join(copy.to, 'net/main.tf')).ino;
  const large = lstatSync(join(copy.to, 'large.bin')).ino;
  await restoreSource(copy.source, copy.to, copy.rightAt);
  assert.equal(lstatSync(join(copy.to, 'net/main.tf')).ino, made);
  assert.equal(lstatSync(join(copy.to, 'large.bin')).ino, large);
});

test('the next plan of a commit gets the copy of the one before, and finds nothing of it', async () => {
  const source = await stage.source({ 'net/main.tf': '', 'net/.terraform.lock.hcl': '# nothing yet\n' });
  const leaves =
    'pwd >>"$0.seen"; ls -A .. . >>"$0.seen"; cat .terraform.lock.hcl >>"$0.seen"; stat -c %i main.tf >>"$0.seen"; ' +
    'mkdir ../.cache; echo secret >../.cache/left; echo changed >.terraform.lock.hcl; mkdir .terraform; exit 1';
  const engine = stage.standIn(leaves);
  const mounted = [{ path: 'secret.auto.tfvars', content: 'secret = 1\n' }];
  const plan = (changes: object) =>
    executePlan(stage.planSpec(source, { rootModule: 'net', engine, ...changes }), stage.sink());
  assert.equal((await plan({ files: mounted })).ok, false);
  const kept = readdirSync(`${source.directory}-copies`);
  assert.equal(kept.length, 1);
  const copy = join(`${source.directory}-copies`, kept[0] ?? '');
  execFileSync('diff', ['-r', source.directory, copy]);
  assert.equal((await plan({})).ok, false);
  const [first, second] = readFileSync(`${engine.path}.seen`, 'utf8')
    .split(/^(?=\/)/m)
    .map((text) => text.split('\n'));
  assert.deepEqual(
    first?.filter((line) => line !== 'secret.auto.tfvars'),
    second,
    'the same file, and nothing more',
  );
  assert.ok(second?.includes('# nothing yet'));
  assert.equal(readdirSync(`${source.directory}-copies`).length, 1, 'it was given back again');
});

const spoilt: Record<string, (copy: string) => void> = {
  'was written to': (copy) => writeFileSync(join(copy, 'main.tf'), 'evil'),
  'has a file more': (copy) => writeFileSync(join(copy, 'evil.tf'), ''),
  'holds a pipe': (copy) => execFileSync('mkfifo', [join(copy, 'pipe')]),
  'is no directory any more': (copy) => {
    rmSync(copy, { recursive: true });
    writeFileSync(copy, '');
  },
};

for (const [what, spoil] of Object.entries(spoilt)) {
  test(`a copy that ${what} while nobody had it is not used`, async () => {
    const source = await stage.source({ 'main.tf': 'good' });
    const engine = stage.standIn('ls >>"$0.seen"; cat main.tf >>"$0.seen"; exit 1');
    await executePlan(stage.planSpec(source, { engine }), stage.sink());
    const copies = `${source.directory}-copies`;
    spoil(join(copies, readdirSync(copies)[0] ?? ''));
    await executePlan(stage.planSpec(source, { engine }), stage.sink());
    const seen = readFileSync(`${engine.path}.seen`, 'utf8');
    assert.equal(seen.slice(seen.length / 2), seen.slice(0, seen.length / 2));
    assert.match(seen, /good$/);
  });
}

test('no more copies are kept than a few, and those of a commit go with it', async () => {
  const directory = join(stage.root, 'kept');
  mkdirSync(directory);
  const copies = new SourceCopies(directory);
  const make = (name: string) => {
    const path = join(stage.root, name);
    mkdirSync(path);
    writeFileSync(join(path, 'name'), name);
    return path;
  };
  for (const name of ['one', 'two', 'three', 'four', 'five']) await copies.keep(name === 'two' ? 'b' : 'a', make(name));
  assert.equal(readdirSync(directory).length, 4);
  await copies.drop('a');
  assert.equal(readdirSync(directory).length, 1);
  const to = join(stage.root, 'taken');
  assert.equal(await copies.take('a', to), false);
  assert.equal(await copies.take('b', to), true);
  assert.equal(readFileSync(join(to, 'name'), 'utf8'), 'two');
  assert.equal(await copies.take('b', join(stage.root, 'again')), false);
  assert.equal(existsSync(join(stage.root, 'again')), false);
});

test('a source that was removed from the worker is one to be fetched anew', async () => {
  const source = await stage.source(files);
  rmSync(source.directory, { recursive: true });
  await assert.rejects(executePlan(stage.planSpec(source, { rootModule: 'net' }), stage.sink()), SourceChanged);
});
