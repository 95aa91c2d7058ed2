import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { PlanSpec, SavedPlan } from '../../src/execution/contract.ts';
import { executeApply } from '../../src/execution/execute-apply.ts';
import { executePlan } from '../../src/execution/execute-plan.ts';
import { readExternalState } from '../../src/execution/own-backend.ts';
import { createTestDatabase } from '../support/database.ts';
import { openStage } from './stage.ts';

const stage = await openStage();
after(() => stage.close());

const thing = 'resource "terraform_data" "a" {\n  input = 1\n}\n';

/** `state: external`: no access to a state of ours. */
async function plan(files: Record<string, string>, changes: Partial<Pick<PlanSpec, 'state' | 'environment'>> = {}) {
  const source = await stage.source({ 'main.tf': thing, ...files });
  const sink = stage.sink();
  const spec = { state: 'external' as const, ...changes };
  return { source, sink, spec, outcome: await executePlan(stage.planSpec(source, spec), sink) };
}

async function apply(planned: Awaited<ReturnType<typeof plan>>) {
  assert.ok(planned.outcome.ok, JSON.stringify(planned.outcome));
  const sink = stage.sink();
  const spec = stage.applySpec(planned.source, planned.sink.plan as SavedPlan, planned.spec);
  return { sink, outcome: await executeApply(spec, sink) };
}

function backend(type: string, settings: string): string {
  return `terraform {\n  backend "${type}" {\n${settings}  }\n}\n`;
}

async function headlineOf(files: Record<string, string>): Promise<string> {
  const { outcome } = await plan(files);
  assert.ok(!outcome.ok);
  return outcome.failure.headline;
}

test('a state in the pg backend of the repository is planned from, bound to the plan, and changed by its apply', async (t) => {
  const database = await createTestDatabase();
  t.after(() => database.drop());
  // As a bundle would give it: the address is not in the repository.
  const environment = { PG_CONN_STR: `${database.url}?sslmode=disable` };
  const files = { 'backend.tf': backend('pg', '    schema_name = "network"\n') };
  const first = await plan(files, { environment });
  assert.deepEqual(first.sink.plan?.externalState, { lineage: null, serial: null });
  const { sink, outcome } = await apply(first);
  assert.ok(outcome.ok, JSON.stringify(outcome));
  assert.deepEqual(sink.external, { lineage: null, serial: null });
  assert.deepEqual(stage.server.requests, [], 'Zenfra’s own state is not asked for');

  const second = await plan({ ...files, 'main.tf': thing.replace('1', '2') }, { environment });
  const { lineage, serial } = second.sink.plan?.externalState ?? {};
  assert.match(lineage ?? '', /^[0-9a-f-]{36}$/);
  assert.match(serial ?? '', /^\d+$/);
  const again = await plan({ ...files, 'main.tf': thing.replace('1', '3') }, { environment });
  assert.ok((await apply(again)).outcome.ok);
  const late = await apply(second);
  assert.equal(late.sink.external?.lineage, lineage);
  assert.notEqual(late.sink.external?.serial, serial, 'the facts before the apply tell that the state has moved on');
});

test('a local backend is used at an absolute path, and refused where its state would vanish', async () => {
  const path = join(stage.root, 'states', 'network.tfstate');
  const planned = await plan({ 'backend.tf': backend('local', `    path = "${path}"\n`) });
  assert.ok((await apply(planned)).outcome.ok);
  assert.equal(JSON.parse(readFileSync(path, 'utf8')).resources.length, 1);
  assert.match(
    await headlineOf({ 'backend.tf': backend('local', '') }),
    /^The backend "local" keeps its state in "terraform\.tfstate", which would vanish with this run\. Give it an absolute path/,
  );
  const inside = join(stage.root, 'work', 'plan-1', 'home', 'x.tfstate');
  assert.match(await headlineOf({ 'backend.tf': backend('local', `    path = "${inside}"\n`) }), /which would vanish/);
  assert.equal(existsSync(inside), false);
});

test('without a backend, or with one that plans elsewhere, nothing is planned', async () => {
  const { outcome } = await plan({});
  assert.ok(!outcome.ok);
  assert.equal(outcome.failure.headline, '. declares no backend');
  assert.match(outcome.failure.detail, /takes effect after its merge, so merge that line first\.$/);
  assert.equal(
    await headlineOf({ 'cloud.tf': 'terraform {\n  cloud {\n    organization = "acme"\n  }\n}\n' }),
    'cloud.tf line 2: the cloud block cannot be used here',
  );
  // The engine would ask for a login first.
  const remote = { 'backend.tf': backend('remote', '    organization = "acme"\n') };
  assert.equal(await headlineOf(remote), 'backend.tf line 2: the backend "remote" cannot be used here');
  const json = { 'backend.tf.json': '{"terraform": [{"backend": [{"remote": {}}]}]}' };
  assert.equal(await headlineOf(json), 'backend.tf.json line 1: the backend "remote" cannot be used here');
});

test('of a block that plans elsewhere nobody is told to leave the state there', async () => {
  for (const block of [backend('remote', ''), 'terraform {\n  cloud {}\n}\n']) {
    const { outcome } = await plan({ 'backend.tf': block }, { state: stage.server.access('planner') });
    assert.ok(!outcome.ok);
    assert.match(
      outcome.failure.detail,
      /The state cannot be left where it is: with this block plans are made elsewhere/,
    );
    assert.doesNotMatch(outcome.failure.detail, /state: external/);
  }
});

test('a stack whose state Zenfra keeps is told of the other way when its repository declares a backend', async () => {
  const { outcome } = await plan({ 'backend.tf': backend('local', '') }, { state: stage.server.access('planner') });
  assert.ok(!outcome.ok);
  assert.equal(outcome.failure.headline, 'backend.tf line 2: the backend block must be removed');
  assert.match(outcome.failure.detail, /"Import state" on the State tab of the stack’s page/);
  assert.match(
    outcome.failure.detail,
    /say "state: external" for this stack in zenfra\.yml\. What a pull request says of that takes effect after its merge, so merge that line first\.$/,
  );
});

test('of a backend that does not answer is told what its engine says, without its colours and without its trace', async () => {
  const source = await stage.source({
    'main.tf': thing,
    'b.tf': backend('local', `    path = "${stage.root}/a/b.tfstate"\n`),
  });
  // More than is read of such a complaint.
  const traces = '[ -z "$TF_LOG" ] || yes TRACE | head -c 100000 >&2';
  const failing = (text: string) =>
    stage.standIn(`[ "$1" = state ] || exec terraform "$@"\n${traces}\nprintf '${text}' >&2\nexit 1`);
  const environment = { TF_LOG: 'TRACE', TF_LOG_PROVIDER: 'TRACE' };
  const failureOf = async (text: string) => {
    const spec = stage.planSpec(source, { state: 'external', environment, engine: failing(text) });
    const outcome = await executePlan(spec, stage.sink());
    assert.ok(!outcome.ok);
    return outcome.failure;
  };
  const framed = await failureOf(
    '\\033[31m╷\\n│\\033[0m \\033[1mError: \\033[0mAccess denied\\n│ \\n│ By the bucket.\\n╵\\033[0m\\n',
  );
  assert.deepEqual([framed.headline, framed.phase], ['Access denied', 'initializing']);
  assert.match(framed.detail, /^Error: Access denied\s+By the bucket\.$/);
  const plain = await failureOf('\\033[31mFailed to refresh state: no route to host\\033[0m\\033[0m');
  assert.equal(plain.headline, 'terraform state pull ended with exit code 1');
  assert.equal(plain.detail, 'Failed to refresh state: no route to host');
});

test('a serial is read with all of its digits', () => {
  assert.deepEqual(readExternalState('{"version": 4, "serial": 9007199254740993, "lineage": "l"}'), {
    lineage: 'l',
    serial: '9007199254740993',
  });
  assert.deepEqual(readExternalState('\n'), { lineage: null, serial: null });
});
