import { randomUUID } from 'node:crypto';
import type { Insertable, Kysely } from 'kysely';
import pino from 'pino';
import type { SignIn } from '../../src/access/sign-in.ts';
import type { Access } from '../../src/access/viewer.ts';
import type { BundleContents } from '../../src/bundle/contents.ts';
import { attachBundle, createBundle } from '../../src/bundle/manage.ts';
import { saveVersion } from '../../src/bundle/store.ts';
import type { Changes } from '../../src/db/changes.ts';
import type { Database, RunsTable } from '../../src/db/schema.ts';
import type { ActionResult, PageActions } from '../../src/pages/actions.ts';
import { pages } from '../../src/pages/index.ts';
import type { PlanSummary, ResourceChange } from '../../src/plan/summary.ts';
import type { Permission } from '../../src/run/checks.ts';
import type { LoggedPhase, RunPhase } from '../../src/run/status.ts';
import { generateMasterKey, parseMasterKey, seal } from '../../src/secret/envelope.ts';
import { largestState } from '../../src/state/versions.ts';

const log = pino({ level: 'silent' });
export const masterKey = parseMasterKey(generateMasterKey());
export const publicUrl = 'https://zenfra.example.com';
export const commit = '4f2c9d1a5b6c7d8e9f00112233445566778899aa';

export interface Seeded {
  db: Kysely<Database>;
  stackId: string;
}

/** A repository `acme/infra` with one stack. */
export async function seedStack(db: Kysely<Database>, name = 'network-prod', path = 'infra/network'): Promise<Seeded> {
  await db
    .insertInto('installations')
    .values({ id: 1, account: 'acme' })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await db
    .insertInto('repositories')
    .values({ id: 7, installation_id: 1, owner: 'acme', name: 'infra', default_branch: 'main', private: true })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const stackId = randomUUID();
  const definition = JSON.stringify({ name, path, engine: 'terraform', version: '1.11' });
  await db
    .insertInto('stacks')
    .values({ id: stackId, repository_id: 7, name, path, branch: 'main', definition })
    .execute();
  return { db, stackId };
}

/** A run of the stack; what is not given is a tracked run by kim that is queued. */
export async function seedRun({ db, stackId }: Seeded, run: Partial<Insertable<RunsTable>> = {}): Promise<string> {
  const id = randomUUID();
  await db
    .insertInto('runs')
    .values({
      id,
      stack_id: stackId,
      repository_id: 7,
      type: 'tracked',
      trigger: 'push',
      triggered_by: 'kim',
      trigger_reason: 'push touched infra/network/main.tf',
      branch: 'main',
      commit_sha: commit,
      commit_title: 'Move the database to db.m7g',
      ...run,
    })
    .execute();
  return id;
}

export async function seedPhase(
  db: Kysely<Database>,
  runId: string,
  phase: RunPhase,
  times: { at: Date; seconds?: number; outcome?: 'succeeded' | 'failed' | 'canceled' | 'discarded'; note?: string },
) {
  const ended = times.seconds === undefined ? null : new Date(times.at.getTime() + times.seconds * 1000);
  await db
    .insertInto('run_phases')
    .values({
      run_id: runId,
      phase,
      started_at: times.at,
      ended_at: ended,
      outcome: ended ? (times.outcome ?? 'succeeded') : null,
      note: times.note ?? null,
    })
    .execute();
}

/** Log chunks with the given bytes, numbered as the worker numbers them. */
export async function seedLog(
  db: Kysely<Database>,
  log: { runId: string; phase: LoggedPhase },
  chunks: (string | Uint8Array)[],
) {
  let firstLine = 0;
  const rows = chunks.map((chunk, index) => {
    const bytes = Buffer.from(chunk);
    const lines = bytes.filter((byte) => byte === 10).length;
    const row = { run_id: log.runId, phase: log.phase, seq: index + 1, bytes, lines, first_line: firstLine };
    firstLine += lines;
    return row;
  });
  for (let at = 0; at < rows.length; at += 1000)
    await db
      .insertInto('log_chunks')
      .values(rows.slice(at, at + 1000))
      .execute();
}

export async function seedPlan({ db, stackId }: Seeded, runId: string, summary: PlanSummary): Promise<string> {
  const id = randomUUID();
  await db
    .insertInto('plans')
    .values({
      id,
      run_id: runId,
      stack_id: stackId,
      commit_sha: commit,
      source_digest: 'd1',
      engine: 'terraform',
      engine_version: '1.11.4',
      file_sha256: 'f1',
      summary: JSON.stringify(summary),
      has_changes: summary.hasChanges,
    })
    .execute();
  return id;
}

/** A sealed version of the stack's state (serial and lineage as the text says), or with `rejected` a write that was refused for that reason. */
export async function seedVersion(
  { db, stackId }: Seeded,
  version: { text: string; runId?: string; by?: string; origin?: 'run' | 'import'; rejected?: string },
): Promise<string> {
  const id = randomUUID();
  const { text, runId = null, by = 'kim', origin = 'run', rejected } = version;
  const size = Buffer.byteLength(text);
  const row = { id, stack_id: stackId, run_id: runId, size };
  const sealed = (table: string) => seal(masterKey, Buffer.from(text), `${table}/${id}`);
  if (rejected !== undefined) {
    const values = { ...row, reason: rejected, bytes: sealed('rejected_states') };
    await db.insertInto('rejected_states').values(values).execute();
    return id;
  }
  const { serial, lineage } = JSON.parse(text) as { serial: number; lineage: string };
  const values = { ...row, serial: String(serial), lineage, md5: '', origin, created_by: by };
  await db
    .insertInto('state_versions')
    .values({ ...values, bytes: sealed('state_versions') })
    .execute();
  return id;
}

/** A bundle of `acme/infra` with one version, attached to the stack `network-prod`. */
export async function seedBundle({ db }: Seeded, name: string, contents: BundleContents = oneSecret): Promise<string> {
  const store = { db, masterKey };
  const made = await createBundle(store, { repositoryId: 7, name, description: 'The account', user: 'kim' });
  if (!made.ok) throw new Error(made.why);
  const saved = await saveVersion(store, { bundleId: made.id, from: 0, contents, user: 'kim' });
  if (!saved.ok) throw new Error(saved.problems.join(' '));
  await attachBundle(store, { bundleId: made.id, to: 'stack', name: 'network-prod', priority: 10, user: 'kim' });
  return made.id;
}

const item = { secret: false, description: '', available: 'both' as const };
const oneSecret: BundleContents = {
  variables: [
    { ...item, key: 'AWS_REGION', value: 'eu-west-1' },
    { ...item, key: 'AWS_SECRET_ACCESS_KEY', value: 'never to be seen', secret: true, available: 'applying' },
  ],
  files: [{ ...item, path: 'secrets/key.json', content: '{"also": "never to be seen"}', secret: true }],
};

export function resource(
  address: string,
  action: ResourceChange['action'],
  more: Partial<ResourceChange> = {},
): ResourceChange {
  return { address, module: '', type: address.split('.')[0] ?? '', action, attributes: [], unchanged: 0, ...more };
}

export function planOf(resources: ResourceChange[], more: Partial<PlanSummary> = {}): PlanSummary {
  const count = (...actions: string[]) => resources.filter((one) => actions.includes(one.action)).length;
  return {
    counts: {
      add: count('create', 'replace'),
      change: count('update'),
      destroy: count('delete', 'replace'),
      import: 0,
      move: 0,
      forget: 0,
    },
    hasChanges: resources.length > 0,
    resources,
    outputs: [],
    drift: [],
    failedChecks: [],
    ...more,
  };
}

/** The pages over a database, with actions that only take down what they were asked. */
export function openPages(
  db: Kysely<Database>,
  options: {
    user?: string | null;
    level?: Permission;
    url?: string;
    result?: ActionResult;
    maxBytes?: number;
    changes?: Changes;
    signIn?: SignIn;
  } = {},
) {
  const asked: { verb: string; request: object }[] = [];
  const record = (verb: string) => async (request: { runId?: string; stackId?: string }) => {
    asked.push({ verb, request });
    return options.result ?? { ok: true as const, runId: request.runId ?? request.stackId ?? '' };
  };
  const act: PageActions = {
    approve: record('approve'),
    discard: record('discard'),
    cancel: record('cancel'),
    rerun: record('rerun'),
    trigger: record('trigger'),
    release: record('release'),
  };
  const app = pages({
    db,
    publicUrl: options.url ?? publicUrl,
    githubServerUrl: 'https://github.com',
    access: accessOf(options),
    signIn: options.signIn ?? null,
    readAppHealth: async () => Promise.reject(new Error('no GitHub in this test')),
    act,
    changes: options.changes ?? unheard,
    state: { db, masterKey, log, maxBytes: options.maxBytes ?? largestState },
    log,
  });
  return { app, asked };
}

/** For pages that nobody watches. */
const unheard: Changes = {
  subscribe: () => () => {},
  changedSince: () => false,
  closed: new AbortController().signal,
  close: async () => {},
};

export const formToken = 'the token of kim’s forms';

/** Whoever asks is kim, an admin of `acme/infra`; or who and what else is given, which may change. */
function accessOf(options: { user?: string | null; level?: Permission }): Access {
  const level = () => options.level ?? 'admin';
  return {
    signIn: false,
    findViewer: async () => {
      const { user = 'kim' } = options;
      return user === null ? null : { login: user, session: 'a session', formToken };
    },
    listRights: async () => new Map([[7, level()]]),
    readRight: async () => level(),
  };
}

/** What a reader sees of a page: no tags, white space collapsed. */
export function textOf(html: string): string {
  return html
    .replace(/<(script|head)[\s\S]*?<\/\1>/g, ' ')
    .replace(/<[^>]+>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ')
    .replace(/ (?=[.,](\s|$))/g, '');
}
