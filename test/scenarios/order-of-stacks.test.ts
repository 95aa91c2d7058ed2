import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { headOf, propose, push, say } from '../../src/sandbox/story/act.ts';
import { seeCheck, seeComment, seeReply, seeRun } from '../../src/sandbox/story/see.ts';
import { writer } from '../../src/sandbox/story/story-stage.ts';
import { until } from '../../src/sandbox/story/until.ts';
import { openScene, settle, thing } from '../support/scene.ts';

const zenfra = `stacks:
  app: { path: app, depends_on: [dns] }
  dns: { path: dns, depends_on: [network] }
  network: { path: network }
  other: { path: other }
discover:
  paths: ["live/*"]
`;
const user = `${thing(1)}module "shared" {\n  source = "../../modules/shared"\n}\n`;
const names = ['app', 'dns', 'network', 'other'];
const files = {
  'zenfra.yml': zenfra,
  ...Object.fromEntries(names.map((name) => [`${name}/main.tf`, thing(1)])),
  'live/eu/main.tf': user,
  'live/us/main.tf': thing(1),
  'modules/shared/main.tf': thing(1),
  // More than are read one by one.
  ...Object.fromEntries(Array.from({ length: 25 }, (_, index) => [`lib/m${index}/main.tf`, thing(100 + index)])),
};
const scene = await openScene({ after }, { files });
const changed = (number: number, ...stacks: string[]) =>
  Object.fromEntries(stacks.map((name) => [`${name}/main.tf`, thing(number)]));

test('a pull request is planned in the order of its stacks, and applied in it', async () => {
  const pull = await propose(scene, { branch: 'two', title: 'Two', files: changed(2, 'app', 'network', 'other') });
  const sha = headOf(scene, pull);
  const app = await seeRun(scene, { commit: sha, type: 'plan_only', stack: 'app', status: 'finished' });
  const network = await seeRun(scene, { commit: sha, type: 'plan_only', stack: 'network', status: 'finished' });
  assert.deepEqual(app.after_runs, [network.id]);
  assert.ok(app.started_at && network.ended_at && app.started_at >= network.ended_at);
  await allShown(sha, 3);
  say(scene, pull, { body: '/approve' });
  const [first, then] = await Promise.all(
    ['network', 'app'].map((stack) => seeRun(scene, { commit: sha, type: 'tracked', stack, status: 'finished' })),
  );
  assert.ok(first?.ended_at && then?.started_at && then.started_at >= first.ended_at);
  await seeRun(scene, { commit: sha, type: 'tracked', stack: 'other', status: 'finished' });
  await scene.sandbox.closePullRequest(scene.repository, pull, writer);
});

test('what an apply that failed has stopped is not applied by the next `/approve` either, unless it is named', async () => {
  const failing = `resource "terraform_data" "fails" {\n  provisioner "local-exec" { command = "exit 1" }\n}\n`;
  const files = { ...changed(7, 'app', 'other'), 'network/main.tf': failing };
  const pull = await propose(scene, { branch: 'failing', title: 'Failing', files });
  const sha = headOf(scene, pull);
  await allShown(sha, 3);
  say(scene, pull, { body: '/approve network app' });
  const network = await seeRun(scene, { commit: sha, type: 'tracked', stack: 'network', status: 'failed' });
  await seeRun(scene, { commit: sha, type: 'tracked', stack: 'app', status: 'discarded' });
  await settle(scene);
  say(scene, pull, { body: '/approve' });
  await seeRun(scene, { commit: sha, type: 'tracked', stack: 'other', status: 'finished' });
  say(scene, pull, { body: '/plan app' });
  await allShown(sha, 4);
  await settle(scene);
  const { comments } = scene.sandbox.conversation(scene.repository, pull);
  assert.match(comments[0]?.body ?? '', /^\*\*Next\*\*: comment `\/plan` to see what is left to do\.$/m);
  const to = say(scene, pull, { body: '/approve' });
  const because = '`app` depends on `network`, which is not applied';
  await seeReply(scene, pull, { to, says: [because, `already applied by [run #${network.number}]`] });
  say(scene, pull, { body: '/approve app' });
  await seeRun(scene, { commit: sha, type: 'tracked', stack: 'app', status: 'finished' });
  await scene.sandbox.closePullRequest(scene.repository, pull, writer);
});

test('after a push a stack waits for those that it depends on, its page says for which, and others go on; so does what supersedes it', async () => {
  const sha = await push(scene, { branch: 'main', files: changed(3, 'app', 'network', 'other'), message: 'Three' });
  const network = await seeRun(scene, { commit: sha, type: 'tracked', stack: 'network', status: 'unconfirmed' });
  await seeRun(scene, { commit: sha, type: 'tracked', stack: 'other', status: 'unconfirmed' });
  const app = await seeRun(scene, { commit: sha, type: 'tracked', stack: 'app', status: 'queued' });
  const page = await (await fetch(`${scene.url}/runs/${app.id}`)).text();
  assert.match(page, new RegExp(`Waits for network, run #${network.number}`));
  const fixed = await push(scene, { branch: 'main', files: changed(5, 'app'), message: 'Five' });
  await seeRun(scene, { commit: sha, type: 'tracked', stack: 'app', status: 'discarded' });
  const again = await seeRun(scene, { commit: fixed, type: 'tracked', stack: 'app', status: 'queued' });
  assert.deepEqual(again.after_runs, [network.id]);
  const check = await seeCheck(scene, sha, { name: 'zenfra/network', is: 'action_required', title: /^Needs approval/ });
  scene.sandbox.pressCheckButton(scene.repository, check.id, { identifier: 'approve', login: writer });
  await seeRun(scene, { commit: sha, type: 'tracked', stack: 'network', status: 'finished' });
  await seeRun(scene, { commit: fixed, type: 'tracked', stack: 'app', status: 'unconfirmed' });
});

test('a stack that fails stops those that depend on it with a sentence, and no others', async () => {
  const broken = { ...changed(6, 'app', 'other'), 'network/main.tf': 'resource "terraform_data" {\n' };
  const pull = await propose(scene, { branch: 'broken', title: 'Broken', files: broken });
  const sha = headOf(scene, pull);
  const app = await seeRun(scene, { commit: sha, type: 'plan_only', stack: 'app', status: 'discarded' });
  const network = await seeRun(scene, { commit: sha, type: 'plan_only', stack: 'network', status: 'failed' });
  await seeRun(scene, { commit: sha, type: 'plan_only', stack: 'other', status: 'finished' });
  const because = `Discarded by the end of network in run #${network.number}, which it depends on (Failed)`;
  assert.equal(app.ended_because, because);
  await seeComment(scene, pull, 'the end of network');
});

test('root modules that are found are stacks, and a change of a module plans its users', async () => {
  const stacks = await scene.db.selectFrom('stacks').select('name').orderBy('name').execute();
  assert.deepEqual(
    stacks.map(({ name }) => name),
    ['app', 'dns', 'live-eu', 'live-us', 'network', 'other'],
  );
  const files = { 'modules/shared/main.tf': thing(2), 'live/asia/main.tf': thing(1) };
  const pull = await propose(scene, { branch: 'shared', title: 'Shared', files });
  const sha = headOf(scene, pull);
  await seeRun(scene, { commit: sha, type: 'plan_only', stack: 'live-eu', status: 'finished' });
  await seeRun(scene, { commit: sha, type: 'plan_only', stack: 'live-asia', status: 'finished' });
  await settle(scene);
  const runs = await scene.db.selectFrom('runs').select('id').where('commit_sha', '=', sha).execute();
  assert.equal(runs.length, 2);
});

test('a circle is told in the check of the pull request that makes it', async () => {
  const circular = zenfra.replace('network: { path: network }', 'network: { path: network, depends_on: [app] }');
  const pull = await propose(scene, { branch: 'circle', title: 'Circle', files: { 'zenfra.yml': circular } });
  const title = 'zenfra.yml cannot be used (line 4)';
  const check = await seeCheck(scene, headOf(scene, pull), { name: 'zenfra', is: 'failure', title });
  assert.match(check.output.annotations[0]?.message ?? '', /app → dns → network → app/);
});

/** Waits until the comment shows the plans of so many stacks: what it does not show yet cannot be approved. */
async function allShown(sha: string, count: number): Promise<void> {
  const shown = async () =>
    scene.db.selectFrom('plans').select('id').where('commit_sha', '=', sha).where('shown_at', 'is not', null).execute();
  await until(scene.signal, {
    expected: `${count} plans to be shown`,
    look: async () => (await shown()).length === count || undefined,
    seen: async () => String((await shown()).length),
  });
}
