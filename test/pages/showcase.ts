import type { Kysely } from 'kysely';
import type { Database } from '../../src/db/schema.ts';
import { readConfig } from '../../src/stack/read-config.ts';
import {
  commit,
  planOf,
  resource,
  type Seeded,
  seedBundle,
  seedLog,
  seedPhase,
  seedPlan,
  seedRun,
  seedStack,
  seedVersion,
} from './seed.ts';
import { initLog, known, planLog, preparingLog, showcasePlan, stateOfZone, zoneConfig } from './showcase-texts.ts';

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);
const esc = '\u001b[';

export interface Showcase {
  stackId: string;
  /** With a state of several versions, held and locked. */
  statesId: string;
  emptyStackId: string;
  bundleId: string;
  waiting: string;
  running: string;
  failed: string;
  finished: string;
  queued: string;
}

/** A little world with a run in every mood, for looking at the pages in a browser. */
export async function seedShowcase(db: Kysely<Database>): Promise<Showcase> {
  const network = await seedStack(db);
  const dns = await seedStack(db, 'dns-prod', 'infra/dns');
  const api = await seedStack(db, 'api-staging', 'services/api/terraform/environments/staging');
  await seedHistory(network);
  const empty = await seedStack(db, 'cache-prod', 'infra/cache');
  const finished = await seedFinished(api);
  const waiting = await seedWaiting(network);
  const queued = await seedRun(network, {
    commit_title: 'Tag everything',
    triggered_by: 'lee',
    created_at: minutesAgo(3),
  });
  const failed = await seedFailed(dns);
  const running = await seedRunning(dns);
  await db
    .insertInto('pull_requests')
    .values({
      repository_id: 7,
      number: 43,
      title: 'Give the zone a shorter TTL',
      author: 'lee',
      head_sha: 'abc',
      head_ref: 'ttl',
      base_ref: 'main',
      state: 'open',
      draft: false,
      fork: false,
      notes: '[]',
    })
    .execute();
  await seedStates(dns, finished);
  await seedSettings(dns);
  const bundleId = await seedBundle(network, 'aws-prod');
  return {
    stackId: network.stackId,
    statesId: dns.stackId,
    emptyStackId: empty.stackId,
    bundleId,
    waiting,
    running,
    failed,
    finished,
    queued,
  };
}

async function seedHistory(stack: Seeded) {
  const moods = ['finished', 'failed', 'discarded', 'canceled', 'finished'] as const;
  const failure = JSON.stringify({
    phase: 'planning',
    reason: 'exit',
    headline: 'Unsupported argument',
    detail: '',
    diagnostics: [],
  });
  for (let index = 0; index < 40; index += 1) {
    const status = moods[index % moods.length] ?? 'finished';
    const created = minutesAgo(3000 - index * 70);
    await seedRun(stack, {
      status,
      type: index % 3 === 0 ? 'tracked' : 'plan_only',
      triggered_by: ['kim', 'lee', 'dependabot[bot]'][index % 3] ?? 'kim',
      trigger_reason: index % 3 === 0 ? 'push touched infra/network/main.tf' : `pull request #${40 + index}`,
      failure: status === 'failed' ? failure : null,
      ended_because: status === 'discarded' ? 'Superseded by 9b1d0aa' : null,
      engine: 'terraform',
      engine_version: '1.11.4',
      ...(status === 'failed'
        ? {}
        : { add_count: index % 4, change_count: index % 2, destroy_count: index % 5 === 0 ? 2 : 0 }),
      created_at: created,
      started_at: created,
      ended_at: new Date(created.getTime() + (20 + index * 13) * 1000),
    });
  }
}

async function seedWaiting(stack: Seeded): Promise<string> {
  const id = await seedRun(stack, {
    status: 'unconfirmed',
    engine: 'terraform',
    engine_version: '1.11.4',
    pull_request_number: 42,
    add_count: 2,
    change_count: 2,
    destroy_count: 2,
    created_at: minutesAgo(13),
    started_at: minutesAgo(12.9),
    status_since: minutesAgo(12),
    deadline_at: minutesAgo(-10000),
    warnings: JSON.stringify([
      {
        severity: 'warning',
        summary: 'Argument is deprecated',
        detail: 'Use the aws_s3_bucket_acl resource instead.',
        file: 'infra/network/main.tf',
        line: 31,
        address: 'aws_s3_bucket.logs',
      },
    ]),
  });
  await seedUntilPlanned(stack.db, id, 13);
  await seedPhase(stack.db, id, 'approved', { at: minutesAgo(12), note: 'waits for approval' });
  await seedPlan(stack, id, showcasePlan());
  return id;
}

async function seedUntilPlanned(db: Kysely<Database>, id: string, ago: number) {
  await seedPhase(db, id, 'queued', { at: minutesAgo(ago), seconds: 2 });
  await seedPhase(db, id, 'preparing', { at: minutesAgo(ago - 0.05), seconds: 1 });
  await seedPhase(db, id, 'initializing', { at: minutesAgo(ago - 0.1), seconds: 8 });
  await seedPhase(db, id, 'planning', { at: minutesAgo(ago - 0.25), seconds: 47 });
  await seedLog(db, { runId: id, phase: 'preparing' }, [preparingLog(id)]);
  await seedLog(db, { runId: id, phase: 'initializing' }, [initLog]);
  await seedLog(db, { runId: id, phase: 'planning' }, [planLog]);
}

async function seedRunning(stack: Seeded): Promise<string> {
  const id = await seedRun(stack, {
    status: 'planning',
    type: 'plan_only',
    trigger: 'pull_request',
    triggered_by: 'lee',
    trigger_reason: 'pull request #43 touched infra/dns/zone.tf',
    commit_title: 'Give the zone a shorter TTL',
    branch: 'ttl',
    pull_request_number: 43,
    engine: 'terraform',
    engine_version: '1.11.4',
    created_at: minutesAgo(0.6),
    started_at: minutesAgo(0.55),
  });
  await seedPhase(stack.db, id, 'queued', { at: minutesAgo(0.6), seconds: 3 });
  await seedPhase(stack.db, id, 'preparing', { at: minutesAgo(0.55), seconds: 1 });
  await seedPhase(stack.db, id, 'initializing', { at: minutesAgo(0.5), seconds: 4 });
  await seedPhase(stack.db, id, 'planning', { at: minutesAgo(0.4) });
  await seedLog(stack.db, { runId: id, phase: 'preparing' }, [preparingLog(id)]);
  await seedLog(stack.db, { runId: id, phase: 'planning' }, [
    `${esc}1mdata.external.zone${esc}0m: Reading...\n${esc}1mdata.external.zone${esc}0m: Still reading... [10s elapsed]\n`,
  ]);
  return id;
}

async function seedFailed(stack: Seeded): Promise<string> {
  const id = await seedRun(stack, {
    status: 'failed',
    commit_title: 'Use the new zone module',
    engine: 'terraform',
    engine_version: '1.11.4',
    created_at: minutesAgo(52),
    started_at: minutesAgo(51.9),
    ended_at: minutesAgo(51.6),
    failure: JSON.stringify({
      phase: 'planning',
      reason: 'exit',
      headline: 'Unsupported argument',
      detail: 'Error: Unsupported argument',
      exitCode: 1,
      diagnostics: [
        {
          severity: 'error',
          summary: 'Unsupported argument',
          detail: 'An argument named "inptu" is not expected here. Did you mean "input"?',
          file: 'infra/dns/main.tf',
          line: 12,
          address: 'terraform_data.zone',
        },
      ],
    }),
  });
  await seedPhase(stack.db, id, 'queued', { at: minutesAgo(52), seconds: 2 });
  await seedPhase(stack.db, id, 'preparing', { at: minutesAgo(51.9), seconds: 1 });
  await seedPhase(stack.db, id, 'initializing', { at: minutesAgo(51.8), seconds: 5 });
  await seedPhase(stack.db, id, 'planning', { at: minutesAgo(51.7), seconds: 6, outcome: 'failed' });
  await seedLog(stack.db, { runId: id, phase: 'planning' }, [
    `${esc}31m╷${esc}0m\n${esc}31m│${esc}0m ${esc}1m${esc}31mError: ${esc}0m${esc}1mUnsupported argument${esc}0m\n${esc}31m│${esc}0m   on main.tf line 12, in resource "terraform_data" "zone":\n${esc}31m│${esc}0m   12:   ${esc}4minptu${esc}0m = "example.com"\n${esc}31m╵${esc}0m\n`,
  ]);
  return id;
}

async function seedFinished(stack: Seeded): Promise<string> {
  const plan = planOf([
    resource('terraform_data.api', 'create', {
      attributes: [{ path: 'input', before: { kind: 'absent' }, after: known('"v2"'), forcesReplacement: false }],
    }),
  ]);
  const id = await seedRun(stack, {
    status: 'finished',
    commit_title: '',
    approved_by: 'kim',
    engine: 'terraform',
    engine_version: '1.11.4',
    add_count: 1,
    change_count: 0,
    destroy_count: 0,
    created_at: minutesAgo(200),
    started_at: minutesAgo(200),
    ended_at: minutesAgo(195),
    apply_steps: JSON.stringify([{ address: 'terraform_data.api', action: 'create', result: 'done', elapsed: '2s' }]),
    outputs: JSON.stringify([
      { name: 'url', text: '"https://api.example.com"' },
      { name: 'token', text: null },
    ]),
  });
  await seedUntilPlanned(stack.db, id, 200);
  await seedPhase(stack.db, id, 'approved', { at: minutesAgo(199), seconds: 220, note: 'by kim' });
  await seedPhase(stack.db, id, 'applying', { at: minutesAgo(195.3), seconds: 3 });
  await seedPhase(stack.db, id, 'finished', { at: minutesAgo(195), seconds: 0 });
  await seedLog(stack.db, { runId: id, phase: 'applying' }, [
    `${esc}0m${esc}1mterraform_data.api: Creating...${esc}0m\n${esc}0m${esc}1mterraform_data.api: Creation complete after 2s${esc}0m\n${esc}1m${esc}32m\nApply complete! Resources: 1 added, 0 changed, 0 destroyed.\n${esc}0m`,
  ]);
  await seedPlan(stack, id, plan);
  return id;
}

/** As it is stored after this file was read. */
async function seedSettings({ db, stackId }: Seeded) {
  const reading = readConfig(zoneConfig);
  if (!reading.ok) throw new Error(reading.errors[0]?.message);
  const definition = JSON.stringify(reading.config.stacks[0]);
  const sources = JSON.stringify({ sha: commit, ...reading.sources.get('dns-prod') });
  await db.updateTable('stacks').set({ definition, sources }).where('id', '=', stackId).execute();
}

/** Versions of a state, a write that was refused, a hold and a lock that were left behind. */
async function seedStates(stack: Seeded, runId: string) {
  for (const serial of [3, 4, 7]) await seedVersion(stack, { text: stateOfZone(serial), runId, by: 'kim' });
  await seedVersion(stack, { text: stateOfZone(1), by: 'lee', origin: 'import' });
  const rejected = 'The state was not saved: serial 4 with other content is the present state.';
  await seedVersion(stack, { text: stateOfZone(4), runId, rejected });
  const note = 'Nobody knows how the apply of run #41 ended.';
  await stack.db
    .insertInto('stack_holds')
    .values({ stack_id: stack.stackId, reason: 'outcome_unknown', run_id: runId, note, created_by: 'zenfra' })
    .execute();
  const info = Buffer.from(JSON.stringify({ Who: 'zenfra@worker-1' }));
  const lock_id = '5b0f2a52-6a0e-4f44-9a3c-0d5f4b7c1e21';
  await stack.db.insertInto('state_locks').values({ stack_id: stack.stackId, lock_id, info, run_id: runId }).execute();
}
