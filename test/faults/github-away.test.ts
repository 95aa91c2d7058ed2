import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';
import { sql } from 'kysely';
import { keepTrying } from '../../src/queue/keep-trying.ts';
import { type CallFault, type FaultyCall, secondaryRateLimit } from '../../src/sandbox/faults.ts';
import type { SandboxRepository } from '../../src/sandbox/github.ts';
import { headOf, say } from '../../src/sandbox/story/act.ts';
import { botComments, seeComment, seeReactions, seeReply, seeRun } from '../../src/sandbox/story/see.ts';
import { until } from '../../src/sandbox/story/until.ts';
import { openScene, settle } from '../support/scene.ts';
import { makeRepository, openPull, runsOf, settledRuns } from '../support/small-repository.ts';

const scene = await openScene({ after });
const { sandbox, db } = scene;
afterEach(() => sandbox.faults.clear());

const writes = ({ method, path }: FaultyCall) => method !== 'GET' && path.startsWith('/repos/');
const commentCreation = ({ method, path }: FaultyCall) => method === 'POST' && /\/issues\/\d+\/comments$/.test(path);
const reactions = ({ path }: FaultyCall) => path.endsWith('/reactions');

/** One comment with the plan, one check of the stack and one for all, each as it should be; the run knows of nothing. */
async function assertToldOnce(repository: SandboxRepository, number: number): Promise<void> {
  const here = { ...scene, repository };
  await settle(scene);
  const [comment, ...others] = botComments(here, number);
  assert.match(comment?.body ?? '', /1 to add/);
  assert.equal(others.length, 0);
  assert.deepEqual(
    sandbox
      .checks(repository, headOf(here, number))
      .map(({ name, conclusion }) => `${name} ${conclusion}`)
      .toSorted(),
    ['zenfra success', 'zenfra/network success'],
  );
  const [run, ...more] = await runsOf(scene, repository);
  assert.deepEqual([run?.status, run?.failure, more], ['finished', null, []]);
}

const faults: [string, Omit<CallFault, 'when'>][] = [
  ['5xx', { status: 503, times: 5 }],
  ['timeouts, which end a connection', { loseReply: true, status: 504, times: 5 }],
  ['secondary rate limit', { ...secondaryRateLimit(1), times: 5 }],
];
for (const [index, [name, fault]] of faults.entries()) {
  test(`GitHub ${name}: one comment in the end, and a run that did not notice`, async () => {
    const repository = await makeRepository(scene, `away-${index}`);
    sandbox.faults.onCall({ when: writes, ...fault });
    const { number } = await openPull(scene, repository);
    await settledRuns(scene, repository, 1);
    await assertToldOnce(repository, number);
  });
}

test('GitHub takes no more questions while a source is downloaded: the run waits for it', async () => {
  const repository = await makeRepository(scene, 'no-source');
  const archives = ({ path }: FaultyCall) => path.includes('/no-source/tarball/');
  sandbox.faults.onCall({ when: archives, ...secondaryRateLimit(1), times: 2 });
  const { number } = await openPull(scene, repository);
  await settledRuns(scene, repository, 1);
  await assertToldOnce(repository, number);
});

test('comment created but the reply lost, twice over: found by its marker; one comment', async () => {
  const repository = await makeRepository(scene, 'lost-twice');
  sandbox.faults.onCall({ when: commentCreation, loseReply: true });
  const { number } = await openPull(scene, repository);
  await settledRuns(scene, repository, 1);
  await assertToldOnce(repository, number);
  sandbox.faults.onCall({ when: commentCreation, loseReply: true });
  const here = { ...scene, repository };
  const to = say(here, number, { body: '/help' });
  await seeReply(here, number, { to, says: ['/approve'] });
  await settle(scene);
  assert.equal(botComments(here, number).length, 2);
});

test('the reaction to a command, and to its end, come when GitHub takes them again', async () => {
  const repository = await makeRepository(scene, 'reactions');
  const here = { ...scene, repository };
  const { number, sha } = await openPull(scene, repository);
  await seeComment(here, number, '🟡 Ready to apply');
  sandbox.faults.onCall({ when: reactions, times: 3, status: 502 });
  const on = say(here, number, { body: '/approve' });
  await seeRun(here, { commit: sha, type: 'tracked', status: 'finished' });
  await seeReactions(here, number, { on, are: 'rocket +1' });
  const refused = say(here, number, { login: 'lee', body: '/approve' });
  await seeReactions(here, number, { on: refused, are: 'eyes confused' });
});

test('a check that GitHub refuses for good keeps no comment and no reaction back', async () => {
  const repository = await makeRepository(scene, 'no-checks');
  const here = { ...scene, repository };
  const checks = ({ method, path }: FaultyCall) => method === 'POST' && path.endsWith('/no-checks/check-runs');
  sandbox.faults.onCall({ when: checks, times: 999, status: 422 });
  const { number } = await openPull(scene, repository);
  await seeComment(here, number, '🟡 Ready to apply');
  const on = say(here, number, { body: '/approve' });
  await seeReactions(here, number, { on, are: 'eyes rocket +1' });
  await seeComment(here, number, '### ✅ Applied');
  await sql`delete from graphile_worker._private_jobs where attempts > 0`.execute(db);
});

test('a run that another follows before GitHub could be told of its end: no check is left open', async () => {
  const repository = await makeRepository(scene, 'followed');
  const here = { ...scene, repository };
  const ends = ({ method, path }: FaultyCall) => method === 'PATCH' && path.includes('/check-runs/');
  const { number, sha } = await openPull(scene, repository);
  await until(scene.signal, {
    expected: 'its check to be there',
    look: () => sandbox.checks(repository, sha).find(({ name }) => name === 'zenfra/network'),
    seen: () => 'none',
  });
  const heal = sandbox.faults.onCall({ when: ends, status: 503, times: 1_000 });
  await settledRuns(scene, repository, 1);
  say(here, number, { body: '/plan' });
  await settledRuns(scene, repository, 2);
  heal();
  await keepTrying(db);
  await settle(scene);
  const checks = sandbox.checks(repository, sha).filter(({ name }) => name === 'zenfra/network');
  assert.deepEqual(
    checks.map(({ status, output }) => `${status} ${output.title}`),
    ['completed Another run of this commit followed', 'completed +1 ~0 -0'],
  );
});

test('after an outage of days the report of a run comes within minutes: its job never dies', async () => {
  const repository = await makeRepository(scene, 'days');
  sandbox.faults.onCall({ when: writes, times: 9_999, status: 503 });
  const { number } = await openPull(scene, repository);
  await settledRuns(scene, repository, 1);
  const job = { repositoryId: repository.id, number };
  const key = `report:pull:${repository.id}:${number}`;
  // As graphile-worker leaves it after its 25th try.
  await until(scene.signal, {
    expected: 'a report that failed',
    look: async () => {
      const { rows } = await sql<{ id: string }>`
        select id from graphile_worker.jobs where key = ${key} and attempts > 0 and locked_at is null`.execute(db);
      return rows[0];
    },
    seen: () => `none for ${JSON.stringify(job)}`,
  });
  await sql`select graphile_worker.reschedule_jobs(array_agg(id), attempts => 25, run_at => now())
    from graphile_worker.jobs where key = ${key}`.execute(db);
  sandbox.faults.clear();
  await keepTrying(db);
  await assertToldOnce(repository, number);
});

test('a job that a newer one has replaced, and one that is a week old, stay dead', async () => {
  // A kind of its own: jobs of other tests may be waiting.
  const add = (key: string) =>
    sql`select graphile_worker.add_job('nobody_does_this', '{}'::json,
    job_key => ${key}, run_at => now() + interval '1 day', max_attempts => 25)`.execute(db);
  for (const key of ['replaced', 'old', 'dead']) await add(key);
  await sql`update graphile_worker._private_jobs set attempts = 25 where key in ('replaced', 'old', 'dead')`.execute(
    db,
  );
  await sql`update graphile_worker._private_jobs set key = null where key = 'replaced'`.execute(db);
  await sql`update graphile_worker._private_jobs set created_at = now() - interval '8 days' where key = 'old'`.execute(
    db,
  );
  await keepTrying(db);
  const { rows } = await sql<{ key: string | null; attempts: number }>`
    select key, attempts from graphile_worker.jobs where task_identifier = 'nobody_does_this' order by key nulls last`.execute(
    db,
  );
  assert.deepEqual(rows, [
    { key: 'dead', attempts: 5 },
    { key: 'old', attempts: 25 },
    { key: null, attempts: 25 },
  ]);
});
