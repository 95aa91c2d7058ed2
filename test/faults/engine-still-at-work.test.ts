import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { propose, say } from '../../src/sandbox/story/act.ts';
import { seeComment, seeReply } from '../../src/sandbox/story/see.ts';
import { writer } from '../../src/sandbox/story/story-stage.ts';
import { configuration, openFaultWorld } from '../support/fault-world.ts';
import { eventually } from '../support/patience.ts';

test('a stack is not unlocked while the engine of its lost apply may be at work, and is when that has ended', async (t) => {
  const world = await openFaultWorld(t);
  const { story, zenfra, db } = world;
  // The plan of the pull request is #1, its apply #2: the worker breaks, its engine goes on.
  await zenfra.start({ environment: { ZENFRA_FAILPOINT: 'engine_started:throw:2' } });
  zenfra.sandbox.setPermission(story.repository, writer, 'admin');
  const files = { 'app/main.tf': configuration(world, { waits: true }) };
  const pull = await propose(story, { branch: 'entry', title: 'Write', files });
  await seeComment(story, pull, '🟡 Ready to apply');
  say(story, pull, { body: '/approve' });
  await eventually('the run to be given up', async () => {
    const run = await db.selectFrom('runs').select('status').where('number', '=', 2).executeTakeFirst();
    return run?.status === 'failed' || undefined;
  });

  const early = say(story, pull, { body: '/unlock app' });
  await seeReply(story, pull, { to: early, says: ['Not unlocked: the engine of run `#2` may still be at work'] });
  await writeFile(world.door, '');
  await eventually('its end to be seen', async () => {
    const apply = await db.selectFrom('applies').select('engine_ended_at').executeTakeFirst();
    return apply?.engine_ended_at ?? undefined;
  });
  assert.deepEqual(await world.ledger(), ['app']);
  assert.equal((await db.selectFrom('state_versions').select('serial').execute()).length, 1, 'its late save was taken');
  const later = say(story, pull, { body: '/unlock app' });
  await seeReply(story, pull, { to: later, says: ['Unlocked `app`'] });
});
