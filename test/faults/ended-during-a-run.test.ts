import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';
import type { SandboxRepository } from '../../src/sandbox/github.ts';
import { say } from '../../src/sandbox/story/act.ts';
import { buildGate } from '../../src/sandbox/story/gate.ts';
import { seeCheck, seeComment, seeReactions, seeReply, seeRun } from '../../src/sandbox/story/see.ts';
import { lookBack } from '../support/look-back.ts';
import { openScene, settle } from '../support/scene.ts';
import { describe, makeRepository, module, openPull, push, runsOf, settledRuns } from '../support/small-repository.ts';

const scene = await openScene({ after });
const { sandbox, db } = scene;
afterEach(() => sandbox.faults.clear());

/** What an organization with a list of allowed addresses answers to others. */
const notFromHere = { status: 403, message: 'The organization has an IP allow list enabled' };

/** The serials of a repository's states, in the order in which they were written. */
async function serials(repository: SandboxRepository): Promise<string[]> {
  const rows = await db
    .selectFrom('state_versions')
    .innerJoin('stacks', 'stacks.id', 'state_versions.stack_id')
    .select('serial')
    .where('repository_id', '=', repository.id)
    .orderBy('serial')
    .execute();
  return rows.map(({ serial }) => serial);
}

/** A resource that takes as long to make as the gate is shut. */
function slowThing(address: string): string {
  return `resource "terraform_data" "slow" {
  provisioner "local-exec" {
    command = "curl -s ${address} > /dev/null"
  }
}
`;
}

test('pull request closed during an apply: the apply ends, its state is kept, and its stack is free', async (t) => {
  const gate = await buildGate();
  t.after(() => gate.close());
  const repository = await makeRepository(scene, 'closed-applying');
  const here = { ...scene, repository };
  const files = { 'network/slow.tf': slowThing(gate.address) };
  const sha = await sandbox.commit(repository, { branch: 'slow', files, message: 'Slow', author: 'kim' });
  const pull = { title: 'Slow', head: 'slow', base: 'main', author: 'kim' };
  const number = await sandbox.openPullRequest(repository, pull);
  await seeComment(here, number, '🟡 Ready to apply');
  say(here, number, { body: '/approve' });
  await seeRun(here, { commit: sha, type: 'tracked', status: 'applying' });
  await sandbox.closePullRequest(repository, number, 'kim');
  await sandbox.idle();
  gate.open();
  await seeRun(here, { commit: sha, type: 'tracked', status: 'finished' });
  await settle(scene);
  assert.ok((await serials(repository)).length > 0);
  await lookBack(scene);
  const holds = await db.selectFrom('stack_holds').selectAll().where('released_at', 'is', null).execute();
  assert.deepEqual(holds, []);
});

test('stack removed while its run waits for approval: the run ends, and its states stay', async () => {
  const repository = await makeRepository(scene, 'stack-removed');
  const here = { ...scene, repository };
  const first = await push(scene, repository, 'main');
  const run = await seeRun(here, { commit: first, type: 'tracked', status: 'unconfirmed' });
  const { number, sha } = await openPull(scene, repository);
  await seeComment(here, number, '🟡 Ready to apply');
  const file = 'stacks:\n  dns:\n    path: dns\n';
  const files = { 'zenfra.yml': file };
  const removal = await sandbox.commit(repository, { branch: 'main', files, message: 'Remove', author: 'kim' });
  await settle(scene);
  const ended = (await runsOf(scene, repository)).find(({ id }) => id === run.id);
  assert.deepEqual([ended?.status, ended?.ended_because], ['discarded', `Superseded by ${removal.slice(0, 7)}`]);
  await seeCheck(here, first, { name: 'zenfra/network', is: 'neutral', title: `Superseded by ${removal.slice(0, 7)}` });
  const button = sandbox.checks(repository, sha).find(({ name }) => name === 'zenfra/network');
  sandbox.pressCheckButton(repository, button?.id ?? 0, { identifier: 'apply_plan', login: 'kim' });
  await settle(scene);
  assert.deepEqual(await serials(repository), []);
});

test('retargeted: what was planned for one branch is not applied from a pull request to another', async () => {
  const repository = await makeRepository(scene, 'retargeted');
  const here = { ...scene, repository };
  await sandbox.commit(repository, {
    branch: 'release',
    files: { 'README.md': 'x' },
    message: 'Release',
    author: 'kim',
  });
  const { number, sha } = await openPull(scene, repository);
  await seeComment(here, number, '🟡 Ready to apply');
  await sandbox.editPullRequest(repository, number, { base: 'release', by: 'kim' });
  await seeCheck(here, sha, { name: 'zenfra', is: 'success', title: 'No stacks affected' });
  const button = sandbox.checks(repository, sha).find(({ name }) => name === 'zenfra/network');
  sandbox.pressCheckButton(repository, button?.id ?? 0, { identifier: 'apply_plan', login: 'kim' });
  const to = say(here, number, { body: '/approve' });
  await seeReply(here, number, { to, says: ['Nothing to apply'] });
  await settle(scene);
  assert.equal((await runsOf(scene, repository)).length, 1);
  await sandbox.editPullRequest(repository, number, { base: 'main', by: 'kim' });
  const runs = await settledRuns(scene, repository, 2);
  await settle(scene);
  assert.deepEqual(
    runs.map((run) => `${run.type} ${run.status}`),
    ['plan_only finished', 'plan_only finished'],
  );
  const on = say(here, number, { body: '/approve' });
  await seeReactions(here, number, { on, are: 'eyes rocket +1' });
});

test('retargeted between the approval and the start: refused', async () => {
  const repository = await makeRepository(scene, 'retargeted-late');
  const here = { ...scene, repository };
  await sandbox.commit(repository, {
    branch: 'release',
    files: { 'README.md': 'x' },
    message: 'Release',
    author: 'kim',
  });
  const { number, sha } = await openPull(scene, repository);
  await seeComment(here, number, '🟡 Ready to apply');
  let asked = 0;
  sandbox.faults.onCall({
    when: ({ path }) => {
      if (path !== '/repos/acme/retargeted-late/collaborators/kim/permission') return false;
      asked += 1;
      if (asked === 2) void sandbox.editPullRequest(repository, number, { base: 'release', by: 'kim' });
      return asked === 2;
    },
    delayMs: 300,
  });
  say(here, number, { body: '/approve' });
  const run = await seeRun(here, { commit: sha, type: 'tracked', status: 'failed' });
  assert.equal(
    run.failure?.headline,
    'Not applied: `network` is applied from `main`, and this pull request goes to `release` now.',
  );
  await settle(scene);
});

test('renamed: the next webhook, or the sweep, follows the name; what was planned can be applied', async () => {
  const repository = await makeRepository(scene, 'old-name');
  const { number } = await openPull(scene, repository);
  await settledRuns(scene, repository, 1);
  await settle(scene);
  const renamed = sandbox.moveRepository(repository, { name: 'new-name' });
  await lookBack(scene);
  const row = await db.selectFrom('repositories').selectAll().where('id', '=', repository.id).executeTakeFirstOrThrow();
  assert.equal(row.name, 'new-name');
  const on = say({ ...scene, repository: renamed }, number, { body: '/approve' });
  await seeReactions({ ...scene, repository: renamed }, number, { on, are: 'eyes rocket +1' });
});

test('transferred to where the App is not: its waiting runs end, and nothing more is done', async () => {
  const repository = await makeRepository(scene, 'transferred');
  const head = await push(scene, repository, 'main');
  await seeRun({ ...scene, repository }, { commit: head, type: 'tracked', status: 'unconfirmed' });
  await settle(scene);
  const away = sandbox.moveRepository(repository, { owner: 'elsewhere' });
  await settle(scene);
  const [run] = await runsOf(scene, repository);
  assert.deepEqual([run?.status, run?.ended_because], ['canceled', 'Canceled by the removal of the App']);
  assert.equal(away.fullName, 'elsewhere/transferred');
  const files = { 'network/main.tf': module('away') };
  await sandbox.commit(away, { branch: 'main', files, message: 'Away', author: 'kim' });
  await lookBack(scene);
  assert.equal((await runsOf(scene, repository)).length, 1);
});

test('uninstalled, and the webhook is missed: the sweep ends what waits, although another installation refuses', async () => {
  const repository = await makeRepository(scene, 'uninstalled', { owner: 'leaving' });
  const head = await push(scene, repository, 'main');
  await seeRun({ ...scene, repository }, { commit: head, type: 'tracked', status: 'unconfirmed' });
  await settle(scene);
  sandbox.faults.onDelivery({ when: ({ event }) => event === 'installation', does: 'drop' });
  sandbox.deleteInstallation('leaving');
  // That of acme, which is older and so asked first.
  sandbox.faults.onCall({ when: ({ path }) => path === '/installation/repositories', ...notFromHere });
  await lookBack(scene);
  const runs = await runsOf(scene, repository);
  assert.deepEqual(
    runs.map((run) => run.status),
    ['canceled'],
    describe(runs),
  );
  const row = await db.selectFrom('repositories').selectAll().where('id', '=', repository.id).executeTakeFirstOrThrow();
  assert.notEqual(row.removed_at, null);
});
