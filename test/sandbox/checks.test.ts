import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Octokit } from '@octokit/rest';
import type { SandboxRepository } from '../../src/sandbox/github.ts';
import { createInfra, named, type Opened, openSandbox } from './open.ts';

let opened: Opened;
let repo: SandboxRepository;
let client: Octokit;
let head_sha: string;
before(async () => {
  opened = await openSandbox();
  repo = await createInfra(opened.sandbox);
  client = await opened.clientFor(repo);
  head_sha = await opened.sandbox.head(repo, 'main');
});
after(() => opened.close());

const note = { path: 'dns/main.tf', start_line: 1, end_line: 1, annotation_level: 'failure' as const, message: 'No' };
const button = { label: 'Apply plan', description: 'Apply exactly this plan', identifier: 'apply' };

test('a check run goes from queued to its conclusion', async () => {
  const { data } = await client.rest.checks.create({ ...named(repo), name: 'zenfra', head_sha, external_id: 'run-1' });
  assert.deepEqual([data.status, data.conclusion], ['queued', null]);
  const output = { title: '+1 ~0 -0', summary: 'One to add' };
  await client.rest.checks.update({ ...named(repo), check_run_id: data.id, conclusion: 'success', output });
  const [check] = opened.sandbox.checks(repo, head_sha);
  assert.deepEqual(
    [check?.status, check?.conclusion, check?.output.title, check?.external_id],
    ['completed', 'success', '+1 ~0 -0', 'run-1'],
  );
  assert.ok(check?.completed_at);
});

test('the newest run of a name is listed, and all of them when asked', async () => {
  const create = () => client.rest.checks.create({ ...named(repo), name: 'twice', head_sha });
  await create();
  const newest = await create();
  const latest = await client.rest.checks.listForRef({ ...named(repo), ref: 'main', check_name: 'twice' });
  assert.deepEqual(
    latest.data.check_runs.map((check) => check.id),
    [newest.data.id],
  );
  const all = await client.rest.checks.listForRef({ ...named(repo), ref: 'main', check_name: 'twice', filter: 'all' });
  assert.equal(all.data.total_count, 2);
});

test('annotations are added fifty at a time', async () => {
  const fifty = Array.from({ length: 50 }, () => note);
  const output = { title: 'Plan failed', summary: 'No', annotations: fifty };
  const { data } = await client.rest.checks.create({ ...named(repo), name: 'notes', head_sha, output });
  await client.rest.checks.update({
    ...named(repo),
    check_run_id: data.id,
    output: { ...output, annotations: [note] },
  });
  const check = await client.rest.checks.get({ ...named(repo), check_run_id: data.id });
  assert.equal(check.data.output.annotations_count, 51);
  const listed = await client.paginate(client.rest.checks.listAnnotations, { ...named(repo), check_run_id: data.id });
  assert.equal(listed.length, 51);
});

const tooMuch: Record<string, object> = {
  'more than 50 annotations': {
    output: { title: 't', summary: 's', annotations: Array.from({ length: 51 }, () => note) },
  },
  'a summary over 65,535 characters': { output: { title: 't', summary: 'x'.repeat(65_536) } },
  'a text over 65,535 characters': { output: { title: 't', summary: 's', text: 'x'.repeat(65_536) } },
  'a summary over 65,535 bytes': { output: { title: 't', summary: 'é'.repeat(32_768) } },
  'a text over 65,535 bytes': { output: { title: 't', summary: 's', text: 'é'.repeat(32_768) } },
  'four buttons': { actions: [button, button, button, button] },
  'a label over 20 characters': { actions: [{ ...button, label: 'x'.repeat(21) }] },
  'a description over 40 characters': { actions: [{ ...button, description: 'x'.repeat(41) }] },
  'an identifier over 20 characters': { actions: [{ ...button, identifier: 'x'.repeat(21) }] },
  'an annotation without a line': {
    output: { title: 't', summary: 's', annotations: [{ ...note, start_line: undefined }] },
  },
  'completion without a conclusion': { status: 'completed' },
  'a commit that is not there': { head_sha: 'f'.repeat(40) },
  'a details_url that is no web address': { details_url: 'javascript:alert(1)' },
};

for (const [what, wanted] of Object.entries(tooMuch)) {
  test(`${what}: 422`, async () => {
    const request = client.request('POST /repos/{owner}/{repo}/check-runs', {
      ...named(repo),
      name: 'limits',
      head_sha,
      ...wanted,
    });
    await assert.rejects(request, { status: 422 });
    assert.ok(opened.sandbox.checks(repo, head_sha).every((check) => check.name !== 'limits'));
  });
}

test('a summary of exactly 65,535 bytes is taken', async () => {
  const output = { title: 't', summary: `x${'é'.repeat(32_767)}` };
  assert.equal((await client.rest.checks.create({ ...named(repo), name: 'full', head_sha, output })).status, 201);
});

test('a pressed button and both kinds of re-run are told', async () => {
  const { sandbox, received } = opened;
  const wanted = { ...named(repo), name: 'zenfra/network', head_sha, external_id: 'run-9', actions: [button] };
  const { data } = await client.rest.checks.create(wanted);
  sandbox.pressCheckButton(repo, data.id, { identifier: 'apply', login: 'kim' });
  sandbox.rerequestCheck(repo, data.id, 'kim');
  await sandbox.rerequestSuite(repo, head_sha, 'kim');
  await sandbox.idle();
  const [pressed, rerun, suite] = received.slice(-3).map(({ payload }) => JSON.parse(JSON.stringify(payload)));
  assert.deepEqual(
    [pressed.action, pressed.requested_action.identifier, pressed.check_run.external_id],
    ['requested_action', 'apply', 'run-9'],
  );
  assert.deepEqual([rerun.action, rerun.check_run.id, rerun.sender.login], ['rerequested', data.id, 'kim']);
  assert.deepEqual([suite.action, suite.check_suite.head_sha], ['rerequested', head_sha]);
  assert.throws(() => sandbox.pressCheckButton(repo, data.id, { identifier: 'none', login: 'kim' }), /it has: apply/);
});
