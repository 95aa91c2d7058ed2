import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { headOf, propose, push, say } from '../../src/sandbox/story/act.ts';
import { press } from '../../src/sandbox/story/press.ts';
import { seeCheck, seeComment, seeReply, seeRun } from '../../src/sandbox/story/see.ts';
import { reader, writer } from '../../src/sandbox/story/story-stage.ts';
import { until } from '../../src/sandbox/story/until.ts';
import { zenfraJsonSchema } from '../../src/stack/json-schema.ts';
import { openScene, thing } from '../support/scene.ts';

const config = `stacks:
  reviewed:
    path: reviewed
    approval: { requirements: [approved, undiverged, checks_passed], self_approve: false }
  auto:
    path: auto
    auto_apply: no_destroy
  guarded:
    path: guarded
    protect: { destroy: true }
    approval: { permission: maintain }
  drafty:
    path: drafty
    triggers: { on_pull_request: { drafts: true } }
`;
const names = ['reviewed', 'auto', 'guarded', 'drafty'];
const files = { 'zenfra.yml': config, ...Object.fromEntries(names.map((name) => [`${name}/main.tf`, thing(1)])) };
const scene = await openScene({ after }, { files });
const colleague = 'ada';

before(() => {
  scene.sandbox.createUser(colleague);
  scene.sandbox.setPermission(scene.repository, colleague, 'write');
});

test('a plan is applied once its pull request is reviewed, up to date, green, and approved by somebody else', async () => {
  const { sandbox, repository } = scene;
  const pull = await propose(scene, { branch: 'two', title: 'Two', files: { 'reviewed/main.tf': thing(2) } });
  const first = headOf(scene, pull);
  await seeComment(scene, pull, '🟡 Ready to apply');
  const refused = async (login: string, ...says: string[]) =>
    seeReply(scene, pull, { to: say(scene, pull, { login, body: '/approve' }), says });
  await refused(writer, 'to be approved by somebody else than who made the change, and @kim did');
  await refused(colleague, 'needs an approving review of this commit');
  sandbox.reviewPullRequest(repository, pull, { login: reader, state: 'APPROVED' });
  await refused(colleague, 'needs an approving review of this commit');
  const reviews = (...states: ('APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED')[]) => {
    for (const state of states) sandbox.reviewPullRequest(repository, pull, { login: colleague, state });
  };
  reviews('APPROVED', 'CHANGES_REQUESTED', 'COMMENTED');
  await refused(colleague, 'needs an approving review of this commit');
  reviews('APPROVED', 'COMMENTED');
  await push(scene, { branch: 'main', files: { 'README.md': 'x' }, message: 'Elsewhere' });
  await refused(colleague, 'needs this pull request to be up to date, and it lacks 1 commit of its base');
  // As "Update branch" would, and with a new head comes the need for a new review.
  const ahead = { branch: 'three', title: 'Three', files: { 'reviewed/main.tf': thing(3) } };
  const next = await propose(scene, ahead);
  const sha = headOf(scene, next);
  assert.notEqual(sha, first);
  await seeComment(scene, next, '🟡 Ready to apply');
  sandbox.reviewPullRequest(repository, next, { login: colleague, state: 'APPROVED' });
  sandbox.reportForeignCheck(repository, sha, { name: 'lint', conclusion: 'failure' });
  sandbox.reportForeignCheck(repository, sha, { name: 'test', conclusion: null });
  const early = say(scene, next, { login: colleague, body: '/approve' });
  await seeReply(scene, next, { to: early, says: ['`lint` failed. `test` has not ended yet.'] });
  for (const name of ['lint', 'test']) sandbox.reportForeignCheck(repository, sha, { name, conclusion: 'success' });
  say(scene, next, { login: colleague, body: '/approve' });
  await seeRun(scene, { commit: sha, type: 'tracked', stack: 'reviewed', status: 'finished' });
});

test('a push applies by itself where the stack says so, but not a plan that replaces', async () => {
  const sha = await push(scene, { branch: 'main', files: { 'auto/main.tf': thing(2) }, message: 'Two' });
  const run = await seeRun(scene, { commit: sha, type: 'tracked', stack: 'auto', status: 'finished' });
  const page = await fetch(`${scene.url}/runs/${run.id}`);
  assert.match(await page.text(), /Applied automatically/);
  const replacing = 'resource "terraform_data" "thing" {\n  triggers_replace = 1\n}\n';
  const next = await push(scene, { branch: 'main', files: { 'auto/main.tf': replacing }, message: 'Replace' });
  await seeRun(scene, { commit: next, type: 'tracked', stack: 'auto', status: 'unconfirmed' });
});

test('what a pull request itself says of rights takes effect only after the merge, and its comment says so', async () => {
  const widened = config
    .replace('auto_apply: no_destroy', 'auto_apply: always')
    .replace('self_approve: false', 'self_approve: true')
    .replace('requirements: [approved, undiverged, checks_passed], ', '');
  const changed = { 'zenfra.yml': widened, 'reviewed/main.tf': thing(4) };
  const pull = await propose(scene, { branch: 'widen', title: 'Let me', files: changed });
  await seeComment(
    scene,
    pull,
    'What this changes of `approval` of `reviewed` takes effect only after it is merged.',
    'What this changes of `auto_apply` of `auto` takes effect only after it is merged.',
  );
  const own = say(scene, pull, { body: '/approve reviewed' });
  await seeReply(scene, pull, { to: own, says: ['to be approved by somebody else'] });
});

test('a protected stack is not destroyed, and takes the permission that it asks for', async () => {
  const { sandbox, repository } = scene;
  const sha = await push(scene, { branch: 'main', files: { 'guarded/main.tf': thing(2) }, message: 'Guard' });
  const run = await seeRun(scene, { commit: sha, type: 'tracked', stack: 'guarded', status: 'unconfirmed' });
  const check = await seeCheck(scene, sha, { name: 'zenfra/guarded', is: 'action_required', title: /^Needs approval/ });
  sandbox.pressCheckButton(repository, check.id, { identifier: 'approve', login: writer });
  const notice = await seeNotice(run.id);
  assert.match(notice, /`\/approve` needs the `maintain` permission on this repository, and @kim has `write`/);
  sandbox.setPermission(repository, writer, 'admin');
  const page = `/stacks/${run.stack_id}`;
  const fields = { type: 'destroy', confirm: 'guarded' };
  const refused = await press(scene, page, { action: `${page}/trigger`, fields });
  assert.match(
    await refused.text(),
    /guarded is protected: zenfra\.yml says protect\.destroy, so no destroy run is made/,
  );
  sandbox.pressCheckButton(repository, check.id, { identifier: 'approve', login: writer });
  await seeRun(scene, { commit: sha, type: 'tracked', stack: 'guarded', status: 'finished' });
  sandbox.setPermission(repository, writer, 'write');
});

test('a draft is planned for the stacks that want it', async () => {
  const changed = { 'drafty/main.tf': thing(2), 'reviewed/main.tf': thing(5) };
  const pull = await propose(scene, { branch: 'draft', title: 'Draft', files: changed, draft: true });
  const sha = headOf(scene, pull);
  await seeRun(scene, { commit: sha, type: 'plan_only', stack: 'drafty', status: 'finished' });
  const runs = await scene.db.selectFrom('runs').select('id').where('commit_sha', '=', sha).execute();
  assert.equal(runs.length, 1);
  await seeCheck(scene, sha, { name: 'zenfra', is: 'success', title: '1 stack: +1 ~0 -0' });
});

test('the JSON Schema of zenfra.yml is published without sign-in', async () => {
  const response = await fetch(`${scene.url}/zenfra.schema.json`);
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), zenfraJsonSchema());
});

async function seeNotice(runId: string): Promise<string> {
  return until(scene.signal, {
    expected: 'a notice on the check',
    look: async () => {
      const row = await scene.db.selectFrom('runs').select('notice').where('id', '=', runId).executeTakeFirst();
      return row?.notice ?? undefined;
    },
    seen: async () => 'none',
  });
}

test('who pushed to a draft, of which no run was made, has made the change; who marked it ready has not', async (t) => {
  const own = { 'zenfra.yml': config, 'reviewed/main.tf': thing(1) };
  const drafts = await openScene(t, { files: own });
  const { sandbox, repository } = drafts;
  for (const login of ['ada', 'bob']) sandbox.setPermission(repository, login, 'write');
  const change = { branch: 'draft', message: 'Change' };
  await sandbox.commit(repository, { ...change, files: { 'README.md': 'x' }, author: 'ada' });
  const draft = { title: 'Draft', head: 'draft', base: 'main', author: 'ada', draft: true };
  const pull = await sandbox.openPullRequest(repository, draft);
  await sandbox.commit(repository, { ...change, files: { 'reviewed/main.tf': thing(2) }, author: 'bob' });
  await sandbox.markReadyForReview(repository, pull, writer);
  await seeComment(drafts, pull, '🟡 Ready to apply');
  const answers = { ada: 'change, and @ada did', bob: 'change, and @bob did', [writer]: 'needs an approving review' };
  for (const [login, words] of Object.entries(answers))
    await seeReply(drafts, pull, { to: say(drafts, pull, { login, body: '/approve' }), says: [words] });
});
