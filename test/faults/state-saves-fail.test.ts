import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import type { Run } from '../../src/db/runs.ts';
import { isEngineAlive } from '../../src/execution/engine-process.ts';
import { open, parseMasterKey, seal } from '../../src/secret/envelope.ts';
import { stateText } from '../state/state-server.ts';
import { findEngines } from '../support/engines.ts';
import { applyToTheDoor, type FaultWorld, logOf, openFaultWorld, seeTracked } from '../support/fault-world.ts';
import { eventually } from '../support/patience.ts';
import { openStateFront, type StateFront } from '../support/state-front.ts';
import type { ZenfraProcess } from '../support/zenfra-process.ts';

// They wait for most of their time, each in a world of its own.
test('what an apply could not save', { concurrency: 4 }, async (all) => {
  await Promise.all([
    all.test(
      'a state that the engine cannot save becomes the next one, byte for byte, and the stack is not held',
      async (t) => {
        const { world, front, run } = await applyWithoutSaving(t);
        await seeTracked(world, run.commit_sha, 'failed');
        await seeStored(world, front);
        const { failure } = await seeTracked(world, run.commit_sha, 'failed');
        assert.match(failure?.detail ?? '', /What it left was stored as serial 1, so nothing of it is lost/);
        assert.equal(failure?.outcomeUnknown, undefined);
        assert.deepEqual(await world.db.selectFrom('stack_holds').select('reason').execute(), []);
      },
    ),

    all.test('one that it can only print is stored as well, and is not in the log', async (t) => {
      const { world, front, run } = await applyWithoutSaving(t, { does: 'mkdir errored.tfstate' });
      await seeTracked(world, run.commit_sha, 'failed');
      await seeStored(world, front);
      const log = await logOf(world, run);
      assert.match(log, /\[Zenfra\] The engine printed the state that it could not save\. It was kept apart\./);
      assert.doesNotMatch(log, /very-secret-input/);
    }),

    all.test('one whose worker was killed is found by the next', async (t) => {
      const { world, front, run, worker } = await applyWithoutSaving(t, {
        meanwhile: ({ worker }) => worker.kill('SIGKILL'),
      });
      await eventually('the engine to have ended', async () => {
        const [engine] = await findEngines(world.zenfra.directory);
        return engine && front.refused.length > 0 && !isEngineAlive(engine) ? true : undefined;
      });
      await worker.start({ role: 'worker' });
      await seeTracked(world, run.commit_sha, 'failed');
      await seeStored(world, front);
    }),

    all.test('one that does not follow on the present state is kept aside, and the stack is held', async (t) => {
      const { world, run } = await applyWithoutSaving(t, { meanwhile: ({ world }) => saveAnother(world) });
      const { failure } = await seeTracked(world, run.commit_sha, 'failed');
      assert.equal(failure?.outcomeUnknown, true);
      assert.match(
        failure?.detail ?? '',
        /the present state \(serial 7\) was saved by another since\. It is kept aside as/,
      );
      const [aside] = await world.db.selectFrom('rejected_states').select(['id', 'bytes']).execute();
      assert.ok(aside);
      const kept = JSON.parse(open(keyOf(world), aside.bytes, `rejected_states/${aside.id}`).toString());
      assert.equal(kept.resources[0].name, 'entry');
      const holds = await world.db.selectFrom('stack_holds').select('reason').execute();
      assert.deepEqual(holds, [{ reason: 'outcome_unknown' }]);
    }),
  ]);
});

interface Refused {
  world: FaultWorld;
  front: StateFront;
  run: Run;
  worker: ZenfraProcess;
}

interface Circumstances {
  /** More commands of the apply. */
  does?: string;
  /** While it stands at the door. */
  meanwhile?: (about: Refused) => Promise<unknown>;
}

/** An apply whose saves are refused. Workers reach the state by the public address, which is the front here. */
async function applyWithoutSaving(t: TestContext, { does, meanwhile }: Circumstances = {}): Promise<Refused> {
  const world = await openFaultWorld(t);
  const front = await openStateFront(() => world.zenfra.url);
  world.after(front.close);
  await world.zenfra.start({ role: 'server' });
  const worker = await world.zenfra.beside({ PUBLIC_URL: front.url });
  await worker.start({ role: 'worker' });
  const run = await applyToTheDoor(world, does === undefined ? {} : { does });
  front.refuseSaves(409);
  const refused = { world, front, run, worker };
  await meanwhile?.(refused);
  await writeFile(world.door, '');
  return refused;
}

async function seeStored(world: FaultWorld, front: StateFront): Promise<void> {
  const [version, ...others] = await world.db.selectFrom('state_versions').select(['id', 'bytes']).execute();
  assert.ok(version);
  assert.deepEqual(others, []);
  assert.deepEqual(open(keyOf(world), version.bytes, `state_versions/${version.id}`), front.refused.at(-1));
}

/** As if somebody had changed the stack's state behind the run's back. */
async function saveAnother(world: FaultWorld): Promise<void> {
  const { id: stackId } = await world.db.selectFrom('stacks').select('id').executeTakeFirstOrThrow();
  const id = '00000000-0000-4000-8000-000000000001';
  const bytes = Buffer.from(stateText(7));
  const sealed = seal(keyOf(world), bytes, `state_versions/${id}`);
  const facts = { serial: '7', lineage: 'lineage-1', md5: createHash('md5').update(bytes).digest('hex') };
  const version = { id, stack_id: stackId, size: bytes.length, bytes: sealed, created_by: 'kim', ...facts };
  await world.db.insertInto('state_versions').values(version).execute();
}

function keyOf({ zenfra }: FaultWorld) {
  return parseMasterKey(zenfra.environment.ZENFRA_SECRET_KEY ?? '');
}
