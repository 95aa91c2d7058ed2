import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { headOf, propose, say } from '../../src/sandbox/story/act.ts';
import { readLog, seeComment, seeLog, seeRun } from '../../src/sandbox/story/see.ts';
import { setUpStory } from '../../src/sandbox/story/story-stage.ts';
import { createTestDatabase } from '../support/database.ts';
import { stacksOf } from '../support/scene.ts';
import { makeZenfraProcess } from '../support/zenfra-process.ts';

test('an apply whose worker is killed is taken over by the next one: the log is whole and it is done once', async (t) => {
  const { story, zenfra, run, directory } = await applyAndKill(t);
  await zenfra.start();
  await writeFile(join(directory, 'open'), '');
  await seeRun(story, { commit: run.commit_sha, type: 'tracked', status: 'finished' });
  assert.equal(await readFile(join(directory, 'ledger'), 'utf8'), 'made\n');
  const log = stripVTControlCharacters(await readLog(story, run.id, 'applying'));
  assert.equal(count(log, 'at the door'), 1);
  assert.equal(count(log, 'through the door'), 1);
  assert.match(log, /Apply complete! Resources: 1 added/);
  const events = await story.db
    .selectFrom('run_events')
    .select('event')
    .where('run_id', '=', run.id)
    .orderBy('id')
    .execute();
  assert.deepEqual(events.map(({ event }) => event).slice(-2), ['readopted', 'apply_finished']);
  const applies = await story.db.selectFrom('applies').select('outcome').execute();
  assert.deepEqual(applies, [{ outcome: 'succeeded' }]);
  assert.equal((await story.db.selectFrom('state_versions').select('serial').execute()).length > 0, true);
});

test('an apply that ended while no worker was there is finished from its files', async (t) => {
  const { story, zenfra, run, directory } = await applyAndKill(t);
  await writeFile(join(directory, 'open'), '');
  await zenfra.start();
  await seeRun(story, { commit: run.commit_sha, type: 'tracked', status: 'finished' });
  assert.equal(await readFile(join(directory, 'ledger'), 'utf8'), 'made\n');
  await seeComment(story, 1, '### ✅ Applied `app` · 1 added');
});

/** Up to the moment when Zenfra is gone and its engine waits in the middle of an apply. */
async function applyAndKill(t: { after(end: () => Promise<void>): void }) {
  const directory = await mkdtemp(join(tmpdir(), 'zenfra-door-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const database = await createTestDatabase();
  const zenfra = await makeZenfraProcess(t, database.url);
  t.after(() => database.drop());
  await zenfra.start();
  const story = await setUpStory(
    { sandbox: zenfra.sandbox, url: zenfra.url, app: { db: database.db } },
    { files: stacksOf('app') },
  );
  const pull = await propose(story, { branch: 'wait', title: 'Wait', files: { 'app/main.tf': waits(directory) } });
  await seeComment(story, pull, '🟡 Ready to apply');
  say(story, pull, { body: '/approve' });
  const run = await seeRun(story, { commit: headOf(story, pull), type: 'tracked', status: 'applying' });
  await seeLog(story, run, { phase: 'applying', text: 'at the door' });
  await zenfra.kill('SIGKILL');
  return { story, zenfra, run, directory };
}

function waits(directory: string): string {
  const steps = `echo at the door; until [ -e '${directory}/open' ]; do sleep 0.05; done; echo through the door; echo made >> '${directory}/ledger'`;
  return `resource "terraform_data" "thing" {
  provisioner "local-exec" {
    command = "${steps}"
  }
}
`;
}

function count(text: string, part: string): number {
  return text.split('\n').filter((line) => line.endsWith(`(local-exec): ${part}`)).length;
}
