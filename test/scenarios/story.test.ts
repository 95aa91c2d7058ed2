import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { databasePassword } from '../../src/sandbox/sample/app.ts';
import { vpnSharedKey } from '../../src/sandbox/sample/network.ts';
import { story } from '../../src/sandbox/story/index.ts';
import { readLog } from '../../src/sandbox/story/see.ts';
import { open } from '../../src/secret/envelope.ts';
import { plain } from '../support/plain.ts';
import { openScene, settle } from '../support/scene.ts';
import { transcriber } from '../support/transcript.ts';

// What each step brings to GitHub is in transcripts/, to the letter. After a change that is meant:
// node --import tsx --test --test-update-snapshots test/scenarios/story.test.ts, and read the difference.

const scene = await openScene({ after });
const news = transcriber(scene);

for (const [index, step] of story.entries()) {
  test(`${index + 1}. ${step.name}`, async (t) => {
    await step.play(scene);
    await settle(scene);
    const file = join(import.meta.dirname, 'transcripts', `${String(index + 1).padStart(2, '0')}.md`);
    t.assert.fileSnapshot(news(), file, { serializers: [(text) => text] });
    await more[index + 1]?.();
  });
}

/** What a step must have done besides what GitHub shows. */
const more: Record<number, () => Promise<void>> = {
  1: async () => {
    showedProgress();
    tookFewCalls();
    await loggedPreparing();
  },
  4: async () => {
    neverSaidPlanning(await runNumbered(4));
    const states = await readStates();
    assert.deepEqual(
      states.at(-1)?.resources.map(({ type, name }) => `${type}.${name}`),
      ['terraform_data.network', 'terraform_data.subnet', 'terraform_data.vpn'],
    );
    assert.deepEqual(states.at(-1)?.outputs.subnets?.value, {
      backup: '10.20.40.0/24',
      private: '10.20.20.0/24',
      public: '10.20.10.0/24',
    });
  },
};

test('one comment on each pull request shows its plans, however often it was planned', () => {
  for (const number of scene.pulls.values()) {
    const { comments } = scene.sandbox.conversation(scene.repository, number);
    const sticky = comments.filter(({ body }) => body.startsWith(`<!-- zenfra:v1 pr=${number} sha=`));
    assert.ok(sticky.length <= 1, `#${number} has ${sticky.length}`);
  }
});

test('every webhook was stored, answered with 202 and handled', async () => {
  assert.deepEqual(
    scene.sandbox.deliveries.filter(({ statusCode }) => statusCode !== 202).map(({ event }) => event),
    [],
  );
  const stored = await scene.db.selectFrom('deliveries').select(['id', 'handled_at', 'outcome']).execute();
  assert.equal(stored.length, scene.sandbox.deliveries.length);
  assert.ok(stored.every(({ handled_at, outcome }) => handled_at !== null && outcome !== null));
});

test('the page of every run has its type, its status and its phases', async () => {
  const runs = await scene.db.selectFrom('runs').select(['id', 'number', 'type', 'status']).execute();
  const types = { tracked: 'Plan &amp; Apply (Tracked)', plan_only: 'Plan Only', destroy: 'Destroy' };
  for (const run of runs) {
    const answer = await fetch(`${scene.url}/runs/${run.id}`);
    const page = await answer.text();
    assert.equal(answer.status, 200, `run #${run.number}`);
    for (const label of [types[run.type], 'Queued', 'Preparing', 'RUN HISTORY']) {
      assert.ok(page.toLowerCase().includes(label.toLowerCase()), `run #${run.number} (${run.status}) has no ${label}`);
    }
  }
});

test('no sensitive value of the configuration is in anything that was sent to GitHub, on a page or in a log', async () => {
  const runs = await scene.db.selectFrom('runs').select('id').execute();
  const pages = await Promise.all(runs.map(async ({ id }) => (await fetch(`${scene.url}/runs/${id}`)).text()));
  const chunks = await scene.db.selectFrom('log_chunks').select('bytes').execute();
  const logs = Buffer.concat(chunks.map(({ bytes }) => bytes)).toString();
  const sent = scene.sandbox.calls.map(({ body }) => JSON.stringify(body ?? '')).join('\n');
  for (const secret of [vpnSharedKey, databasePassword]) {
    for (const [where, text] of Object.entries({ sent, pages: pages.join('\n'), logs })) {
      assert.ok(!text.includes(secret), `${secret} is in ${where}`);
    }
  }
});

test('only runs that were approved have applied, each the one plan that was shown', async () => {
  const applies = await scene.db
    .selectFrom('applies')
    .innerJoin('runs', 'runs.id', 'applies.run_id')
    .innerJoin('stacks', 'stacks.id', 'runs.stack_id')
    .innerJoin('plans', 'plans.id', 'applies.plan_id')
    .innerJoin('runs as planner', 'planner.id', 'plans.run_id')
    .select(['stacks.name', 'runs.trigger', 'runs.approved_by', 'planner.type', 'applies.outcome'])
    .orderBy('runs.number')
    .execute();
  assert.deepEqual(
    applies.map((row) => Object.values(row).join(' ')),
    [
      'network command kim plan_only succeeded',
      'network push kim tracked succeeded',
      'network push kim tracked succeeded',
      'app command kim plan_only succeeded',
    ],
  );
});

async function runNumbered(number: number): Promise<string> {
  return (await scene.db.selectFrom('runs').select('id').where('number', '=', number).executeTakeFirstOrThrow()).id;
}

/** A run that applies an approved plan makes none. */
function neverSaidPlanning(runId: string): void {
  const bodies = scene.sandbox.calls.map(({ body }) => body as { external_id?: string; output?: { title: string } });
  const titles = bodies.filter((body) => body?.external_id === runId).map((body) => body.output?.title ?? '');
  assert.ok(titles.length > 1, 'the check of the apply was not shown under way');
  assert.deepEqual(new Set(titles.slice(0, -1)), new Set(['Applying…']));
}

/** Each check was there before its plan was. */
function showedProgress(): void {
  for (const name of ['zenfra', 'zenfra/network']) {
    const bodies = scene.sandbox.calls.map(({ body }) => body as { name?: string; status?: string } | undefined);
    const states = bodies.filter((body) => body?.name === name).map((body) => body?.status ?? '');
    assert.notEqual(states[0], 'completed', `${name} began with ${states}`);
    assert.equal(states.at(-1), 'completed');
  }
}

/** GitHub allows 80 writes a minute: one stack must not take many. */
function tookFewCalls(): void {
  const calls = scene.sandbox.calls.map(({ method, path }) => `${method} ${path.replace(/\d+|[0-9a-f]{40}/g, '…')}`);
  const count = (call: string) => calls.filter((one) => one === call).length;
  assert.equal(count('POST /repos/acme/infra/issues/…/comments'), 1);
  assert.equal(count('POST /repos/acme/infra/check-runs'), 2);
  assert.ok(count('PATCH /repos/acme/infra/check-runs/…') <= 6, calls.join('\n'));
  assert.equal(calls.filter((call) => call.includes('/tarball/')).length, 1);
  // Among them what is read of a repository once: its tree, and the files that may use modules.
  assert.ok(calls.length <= 22, calls.join('\n'));
}

async function loggedPreparing(): Promise<void> {
  const run = await scene.db.selectFrom('runs').select('id').executeTakeFirstOrThrow();
  assert.equal(
    plain(await readLog(scene, run.id, 'preparing'), {}),
    `[Zenfra] Preparing workspace for run ‹id 1›
[Zenfra] Downloading source bundle...
[Zenfra] Source bundle downloaded (‹size›, ‹time›)
[Zenfra] Downloading configuration bundle...
[Zenfra] Configuration bundle downloaded (‹size›)
[Zenfra] Applied 0 environment variables
[Zenfra] Configuring managed state backend...
[Zenfra] Backend configuration complete
[Zenfra] Workspace preparation complete (‹time›)
`,
  );
}

interface State {
  resources: { type: string; name: string }[];
  outputs: Record<string, { value: unknown }>;
}

async function readStates(): Promise<State[]> {
  const rows = await scene.db.selectFrom('state_versions').select(['id', 'bytes']).orderBy('serial').execute();
  return rows.map(({ id, bytes }) => JSON.parse(open(scene.stage.masterKey, bytes, `state_versions/${id}`).toString()));
}
