import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { propose, say } from '../../src/sandbox/story/act.ts';
import { botComments } from '../../src/sandbox/story/see.ts';
import { setUpStory } from '../../src/sandbox/story/story-stage.ts';
import { createTestDatabase } from '../support/database.ts';
import { eventually } from '../support/patience.ts';
import { stacksOf } from '../support/scene.ts';
import { makeZenfraProcess } from '../support/zenfra-process.ts';

const directory = await mkdtemp(join(tmpdir(), 'zenfra-restored-'));
after(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
const [data, copy] = [join(directory, 'data'), join(directory, 'copy')];
// The database and the key are the installation’s own, below its data directory.
const own = { DATABASE_URL: undefined, ZENFRA_SECRET_KEY: undefined, ZENFRA_DATA_DIR: data, LOG_LEVEL: 'info' };
const zenfra = await makeZenfraProcess({ after }, '', own);
/** What the story asks of a database is not asked here: the one that is used is its process's own. */
const unused = await createTestDatabase();
after(() => unused.drop());
const story = await setUpStory({ ...zenfra, app: unused }, { files: stacksOf('app') });

const [atDoor, door] = [join(directory, 'at-door'), join(directory, 'door')];
const slow = `resource "terraform_data" "slow" {
  provisioner "local-exec" {
    command = "touch ${atDoor}; until [ -e ${door} ]; do sleep 0.05; done"
  }
}
`;

async function seeComment(pull: number, part: string): Promise<void> {
  await eventually(`a comment with ${part}`, () => botComments(story, pull).find(({ body }) => body.includes(part)));
}

test('the terminal is closed, and SIGTERM comes, in the middle of an apply: the process waits for its end and then ends well', async () => {
  await zenfra.start();
  const pull = await propose(story, { branch: 'slow', title: 'Slow', files: { 'app/slow.tf': slow } });
  await seeComment(pull, '🟡 Ready to apply');
  say(story, pull, { body: '/approve' });
  await eventually('the apply to be at the door', () => existsSync(atDoor) || undefined);
  const ended = zenfra.kill('SIGHUP');
  await eventually('it to say that it stops', () => zenfra.output().includes('"stopping: no new work') || undefined);
  zenfra.signal('SIGTERM');
  assert.equal((await fetch(`${zenfra.url}/livez`)).status, 200, 'the engine finds somebody to give its state to');
  await writeFile(door, '');
  assert.equal(await ended, 0);
});

test('a copy of the data directory, restored elsewhere, knows the state, and tells what was not told yet', async () => {
  execFileSync('cp', ['-a', data, copy]);
  const restored = await zenfra.beside({ ZENFRA_DATA_DIR: copy });
  zenfra.sandbox.pointWebhooksAt(`${restored.url}/api/github/webhooks`);
  await restored.start();
  await seeComment(1, '### ✅ Applied `app`');
  say(story, 1, { body: '/plan' });
  // Where the state were lost, or could not be opened, the resource would be planned once more.
  await seeComment(1, 'no changes');
});
