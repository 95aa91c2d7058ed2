import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import pino from 'pino';
import { readPlanFacts } from '../../src/db/approval-facts.ts';
import { findCurrentVersion } from '../../src/db/state-versions.ts';
import { refuseApproval } from '../../src/run/checks.ts';
import { importState } from '../../src/state/import-state.ts';
import { readState } from '../../src/state/read-state.ts';
import { releaseLock } from '../../src/state/release-lock.ts';
import { rollBack } from '../../src/state/roll-back.ts';
import type { StateStore } from '../../src/state/versions.ts';
import { planOf, seedPlan } from '../pages/seed.ts';
import {
  addRun,
  addStack,
  encryptedText,
  endRun,
  lock,
  type StateServer,
  save,
  startStateServer,
  stateText,
} from './state-server.ts';

let server: StateServer;
let store: StateStore;
before(async () => {
  server = await startStateServer();
  store = { db: server.db, masterKey: server.masterKey, log: pino({ level: 'silent' }) };
});
after(() => server.close());

/** A stack whose run saved these states and has ended. */
async function stackWith(...states: (string | Buffer)[]) {
  const stackId = await addStack(server);
  const run = await addRun(server, stackId, 'write');
  await lock(run);
  for (const state of states) assert.equal((await save(run, state)).status, 200);
  await server.db.deleteFrom('state_locks').where('stack_id', '=', stackId).execute();
  await endRun(server, run);
  const versions = await server.db
    .selectFrom('state_versions')
    .selectAll()
    .where('stack_id', '=', stackId)
    .orderBy('serial')
    .execute();
  return { stackId, runId: run.runId, ids: versions.map(({ id }) => id) };
}

async function present(stackId: string) {
  const version = await findCurrentVersion(server.db, stackId);
  assert.ok(version);
  return { version, text: (await readState(store, version.id)).toString() };
}

function back(stackId: string, [versionId = '', currentId = '']: [string | undefined, string | undefined]) {
  return rollBack(store, { stackId, versionId, currentId, user: 'kim' });
}

const odd = (serial: string) =>
  `\n{ "serial" : ${serial} ,\t"version":4, "nested": {"serial": 7, "list": [1.50, 1e400, 12345678901234567890]},\r\n "lineage": "lineage-1", "terraform_version":"1.11.4", "text": "\\u0000 \\ud800 ü", "outputs": {}, "resources": []}\n\n`;

test('a roll-back makes a new version with the old content, under the next serial, and every other byte as it was', async () => {
  const { stackId, ids } = await stackWith(odd('3'), stateText(9));
  assert.deepEqual(await back(stackId, [ids[0], ids[1]]), { ok: true, serial: '10' });
  const { version, text } = await present(stackId);
  assert.equal(text, odd('10'));
  const { serial, lineage, run_id, created_by, origin, copy_of, size } = version;
  assert.deepEqual(
    { serial, lineage, run_id, created_by, origin, copy_of, size },
    {
      serial: '10',
      lineage: 'lineage-1',
      run_id: null,
      created_by: 'kim',
      origin: 'roll_back',
      copy_of: ids[0],
      size: odd('10').length + 1,
    },
  );
  assert.equal((await readState(store, ids[0] ?? '')).toString(), odd('3'));
});

test('of a serial that stands twice the last one counts, and is the one that changes', async () => {
  const twice = '{"serial": 1, "version": 4, "lineage": "lineage-1", "serial": 2}';
  const { stackId, ids } = await stackWith(twice, stateText(3));
  assert.deepEqual(await back(stackId, [ids[0], ids[1]]), { ok: true, serial: '4' });
  assert.equal((await present(stackId)).text, twice.replace('"serial": 2', '"serial": 4'));
});

test('a plan that was made from the version before is out of date by itself', async () => {
  const { stackId, ids } = await stackWith(stateText(1), stateText(2));
  const planId = await seedPlan({ db: server.db, stackId }, (await addRun(server, stackId, 'read')).runId, planOf([]));
  await server.db.updateTable('plans').set({ state_version_id: ids[1] }).where('id', '=', planId).execute();
  const facts = async () => ({
    ...(await readPlanFacts(server.db, planId, null)),
    ...{
      now: new Date(),
      approver: { login: 'kim', permission: 'write' as const },
      type: 'tracked' as const,
      required: null,
    },
    ...{ pullRequest: null, expiresAfterMs: 1e9, comment: null, engineNow: null },
  });
  assert.equal(refuseApproval(await facts()), null);
  assert.equal((await back(stackId, [ids[0], ids[1]])).ok, true);
  const because = { kind: 'state_changed', from: '2', to: '3', byRun: null };
  assert.deepEqual(refuseApproval(await facts()), { kind: 'stale', because });
});

test('the next run continues from the version that was rolled back to', async () => {
  const { stackId, ids } = await stackWith(stateText(1), stateText(2));
  assert.equal((await back(stackId, [ids[0], ids[1]])).ok, true);
  const run = await addRun(server, stackId, 'write');
  await lock(run);
  assert.equal((await save(run, stateText(3, 'lineage-1', '{"a":{}}'))).status, 409);
  assert.equal((await save(run, stateText(4))).status, 200);
});

test('pressed twice, or at once by two, it is done once', async () => {
  const { stackId, ids } = await stackWith(stateText(1), stateText(2));
  const results = await Promise.all([1, 2, 3, 4].map(() => back(stackId, [ids[0], ids[1]])));
  assert.equal(results.filter(({ ok }) => ok).length, 1);
  for (const result of results)
    if (!result.ok) assert.match(result.why, /The state has changed since this page was made: it is at serial 3 now\./);
  assert.equal((await present(stackId)).version.serial, '3');
});

test('it is refused where it makes no sense', async () => {
  const { stackId, ids } = await stackWith(stateText(1), stateText(2));
  const other = await stackWith(stateText(1), stateText(2));
  const cases: [string, [string | undefined, string | undefined], RegExp][] = [
    ['the present version', [ids[1], ids[1]], /Serial 2 is the present state already/],
    ['a version of another stack', [other.ids[0], ids[1]], /no such state version/],
    ['from a version of another stack', [ids[0], other.ids[1]], /no such state version/],
    ['an unknown version', [randomUUID(), ids[1]], /no such state version/],
    ['from an old version', [ids[1], ids[0]], /it is at serial 2 now/],
  ];
  for (const [name, pair, why] of cases) {
    const result = await back(stackId, pair);
    assert.match(result.ok ? '' : result.why, why, name);
  }
  assert.equal((await present(stackId)).version.serial, '2');
});

test('a serial that nothing can follow is told', async () => {
  const { stackId, ids } = await stackWith(stateText(1), stateText('9007199254740992'));
  const result = await back(stackId, [ids[0], ids[1]]);
  assert.match(result.ok ? '' : result.why, /Serial 9007199254740992 is the highest there can be/);
});

test('an encrypted state, whose serial is inside as well, is imported but not rolled back to', async () => {
  const { stackId, ids } = await stackWith(encryptedText(1), encryptedText(2));
  const result = await back(stackId, [ids[0], ids[1]]);
  assert.match(result.ok ? '' : result.why, /^Serial 1 is encrypted by OpenTofu.* write it as serial 3 or higher/);
  const bytes = Buffer.from(encryptedText(3));
  assert.deepEqual(await importState(store, { stackId, bytes, user: 'kim' }), { ok: true, serial: '3' });
  assert.equal((await present(stackId)).text, encryptedText(3));
});

test('while the stack is held, locked or busy, the state is changed by nobody', async () => {
  const { stackId, ids, runId } = await stackWith(stateText(1), stateText(2));
  const empty = await addStack(server);
  const { db } = server;
  const both = async (why: RegExp) => {
    for (const result of [
      await back(stackId, [ids[0], ids[1]]),
      await importState(store, { stackId: empty, bytes: Buffer.from(stateText(1)), user: 'kim' }),
    ])
      assert.match(result.ok ? 'done' : result.why, why);
  };
  for (const stack_id of [stackId, empty])
    await db
      .insertInto('stack_holds')
      .values({
        stack_id,
        reason: 'outcome_unknown',
        run_id: runId,
        note: 'Nobody knows how run #7 ended.',
        created_by: 'zenfra',
      })
      .execute();
  await both(/^The stack is held: Nobody knows how run #7 ended\. Release it first\.$/);
  await db.deleteFrom('stack_holds').execute();

  const [run, other] = [await addRun(server, stackId, 'write'), await addRun(server, empty, 'write')];
  const ids2 = [run.runId, other.runId];
  for (const [type, status, why] of [
    ['tracked', 'applying', /^Run #\d+ is under way on this stack \(Applying\)\. Wait until it has ended\.$/],
    ['destroy', 'planning', /\(Planning\)\. Wait until it has ended/],
    ['tracked', 'unconfirmed', /\(Needs approval\)\. Approve or discard it first/],
  ] as const) {
    await db.updateTable('runs').set({ type, status }).where('id', 'in', ids2).execute();
    await both(why);
  }
  await db.updateTable('runs').set({ type: 'plan_only', status: 'planning' }).where('id', 'in', ids2).execute();
  for (const holder of [run, other]) assert.equal((await lock(holder, 'left-over')).status, 200);
  await both(/^The state is locked \(lock left-over\)\. Release the lock first\.$/);

  await endRun(server, run);
  assert.equal((await releaseLock(store, { stackId, lockId: 'left-over', user: 'kim' })).ok, true);
  assert.deepEqual(await back(stackId, [ids[0], ids[1]]), { ok: true, serial: '3' });
});

test('a state is imported byte for byte, with its serial and lineage', async () => {
  const stackId = await addStack(server);
  const text = odd('41').replace('lineage-1', 'of a laptop, ü');
  const result = await importState(store, { stackId, bytes: Buffer.from(text), user: 'kim' });
  assert.deepEqual(result, { ok: true, serial: '41' });
  const { version, text: kept } = await present(stackId);
  assert.equal(kept, text);
  assert.deepEqual(
    [version.serial, version.lineage, version.origin, version.created_by, version.run_id],
    ['41', 'of a laptop, ü', 'import', 'kim', null],
  );
});

test('what is no state is not imported, and the sentence says why', async () => {
  const stackId = await addStack(server);
  const bad: Record<string, [string, RegExp]> = {
    'not JSON': ['resource "a" "b" {}', /not a JSON object/],
    'cut short': [stateText(1).slice(0, -1), /not a JSON object/],
    'a list': ['[]', /not a JSON object/],
    'no lineage': ['{"version": 4, "serial": 1}', /its lineage is missing or not a plain value/],
    'an empty lineage': [stateText(1, ''), /its lineage is ""/],
    'version 3': [stateText(1).replace('"version": 4', '"version": 3'), /its format version is 3/],
    'a serial beyond 2^53': [stateText('9007199254740993'), /its serial is 9007199254740993/],
    'a negative serial': [stateText(-1), /its serial is -1/],
    'a fraction': [stateText(1.5), /its serial is 1\.5/],
  };
  for (const [name, [text, why]] of Object.entries(bad)) {
    const result = await importState(store, { stackId, bytes: Buffer.from(text), user: 'kim' });
    assert.match(result.ok ? 'imported' : result.why, why, name);
  }
  assert.equal(await findCurrentVersion(server.db, stackId), undefined);
});

test('an import is refused where there is a state, and of two at once one wins', async () => {
  const stackId = await addStack(server);
  const results = await Promise.all(
    ['a', 'b', 'c'].map((lineage) =>
      importState(store, { stackId, bytes: Buffer.from(stateText(5, lineage)), user: 'kim' }),
    ),
  );
  assert.equal(results.filter(({ ok }) => ok).length, 1);
  for (const result of results)
    if (!result.ok) assert.match(result.why, /This stack has a state already \(serial 5, lineage [abc]\)/);
});

test('what was moved out and comes back is imported as the next version: the same lineage, at a later serial', async () => {
  const { stackId, ids } = await stackWith(stateText(3), stateText(4));
  const definition = JSON.stringify({ state: 'external' });
  await server.db.updateTable('stacks').set({ definition }).where('id', '=', stackId).execute();
  const add = (text: string) => importState(store, { stackId, bytes: Buffer.from(text), user: 'kim' });
  for (const text of [stateText(4, 'lineage-1', '{"a":{}}'), stateText(9, 'another')]) {
    const result = await add(text);
    assert.match(result.ok ? 'imported' : result.why, /has a state already \(serial 4, lineage lineage-1\)/);
  }
  assert.deepEqual(await add(stateText(9)), { ok: true, serial: '9' });
  const rolled = await back(stackId, [ids[0], (await present(stackId)).version.id]);
  assert.match(rolled.ok ? '' : rolled.why, /own backend keeps the state of this stack/);
});

test('a lock that an engine left is released by its name, and never while a run applies or may still write', async () => {
  const stackId = await addStack(server);
  const run = await addRun(server, stackId, 'write');
  await lock(run, 'lock-7');
  const release = (lockId: string) => releaseLock(store, { stackId, lockId, user: 'kim' });
  await server.db
    .updateTable('runs')
    .set({ type: 'tracked', status: 'applying' })
    .where('id', '=', run.runId)
    .execute();
  const applying = await release('lock-7');
  assert.match(applying.ok ? '' : applying.why, /Run #\d+ is applying and needs the lock/);
  await server.db
    .updateTable('runs')
    .set({ status: 'finished', ended_at: new Date() })
    .where('id', '=', run.runId)
    .execute();
  const unknown = await release('lock-7');
  assert.match(unknown.ok ? '' : unknown.why, /may still write the state.* Release the stack first/);
  await endRun(server, run);
  const stale = await release('lock-6');
  assert.match(stale.ok ? '' : stale.why, /another than this page showed: it is lock lock-7 now/);
  assert.deepEqual(await release('lock-7'), { ok: true });
  const again = await release('lock-7');
  assert.match(again.ok ? '' : again.why, /nobody holds it any more/);
});
