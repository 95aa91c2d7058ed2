import { randomUUID } from 'node:crypto';
import { makeWorkerUtils, type WorkerUtils } from 'graphile-worker';
import { Hono } from 'hono';
import type { Kysely } from 'kysely';
import type pg from 'pg';
import type { Logger } from 'pino';
import { isLoopback } from './access/loopback.ts';
import { openAccess } from './access/open-access.ts';
import { type Config, workersUrl } from './config.ts';
import { type Changes, listenForChanges } from './db/changes.ts';
import { connect } from './db/connect.ts';
import { warnOfLoss } from './db/durability.ts';
import { migrate } from './db/migrate.ts';
import { unlessAtIt } from './db/one-at-a-time.ts';
import type { Database } from './db/schema.ts';
import { checkKey, resealSome } from './db/sealed.ts';
import { removeProcess, seeProcess } from './db/workers.ts';
import { findIsolation } from './execution/find-isolation.ts';
import { describeIsolation, type IsolationNote } from './execution/isolation.ts';
import { ownIdentity } from './execution/process-identity.ts';
import { createGitHubApp } from './github/app.ts';
import { readAppHealth } from './github/app-health.ts';
import type { ContentLimit } from './github/budget.ts';
import { GitHub } from './github/github.ts';
import { pageActions } from './pages/act.ts';
import { healthRoutes } from './pages/health.ts';
import { pages } from './pages/index.ts';
import { runInFlight } from './queue/in-flight.ts';
import { putOffJob } from './queue/put-off.ts';
import { type Adoption, adoption } from './queue/readopt.ts';
import { type Repeated, repeat } from './queue/repeat.ts';
import { startPhase } from './queue/start.ts';
import { sweep } from './queue/sweep.ts';
import { runTasks, type TaskRunner } from './queue/tasks.ts';
import { reportCommand } from './reports/report-command.ts';
import { reportPullRequest } from './reports/report-pull-request.ts';
import { reportRun } from './reports/report-run.ts';
import { lookTwice } from './reports/second-look.ts';
import { engineLabels } from './run/status.ts';
import { localRunner } from './runners/local.ts';
import type { MasterKey } from './secret/envelope.ts';
import { type Served, serve } from './serve.ts';
import { listenError } from './setup/listen-error.ts';
import { zenfraJsonSchema } from './stack/json-schema.ts';
import { stateRoutes } from './state/routes.ts';
import { largestState } from './state/versions.ts';
import { catchUp } from './triggers/catch-up.ts';
import { planStackAgain } from './triggers/pull-request.ts';
import { handleDelivery } from './webhooks/handle-delivery.ts';
import { webhookPath, webhookRoutes } from './webhooks/receive.ts';

/** What the process does: both, unless the installation grew to several machines. */
export type Role = 'server' | 'worker' | 'all';

export interface AppOptions {
  config: Config & { databaseUrl: string };
  masterKey: MasterKey;
  role: Role;
  log: Logger;
  /** In a demo: the login that whoever has not signed in acts for; null lets them look at everything. */
  localUser?: string | null;
  /** The address to listen on; default all of the machine's. */
  host?: string;
  /** How fast GitHub may be written to; default as fast as github.com allows. */
  contentLimits?: readonly ContentLimit[];
  /** Whether to look for webhooks that never came; default yes. */
  catchUp?: boolean;
}

export interface App {
  db: Kysely<Database>;
  pool: pg.Pool;
  github: GitHub;
  /** Takes no more work, lets running engines finish, closes. */
  stop(): Promise<void>;
}

interface Wired extends AppOptions {
  db: Kysely<Database>;
  pool: pg.Pool;
  jobs: WorkerUtils;
  github: GitHub;
  workerId: string;
  /** How this process keeps runs apart; null until that is known, or where it performs none. */
  isolation: IsolationNote | null;
}

const sweepEveryMs = 1_000;
const seenEveryMs = 2_000;
const catchUpEveryMs = 60_000;
const adoptEveryMs = 2_000;
const rotateEveryMs = 60_000;
/** Sealed anew at a time, of each kind: states have up to 128 MiB. */
const rotatedAtOnce = 20;

/** The only wiring: connects, migrates, serves and works, as the role says. Resolves when it is ready. */
export async function createApp(options: AppOptions): Promise<App> {
  const { config, log } = options;
  const { db, pool } = connect(config.databaseUrl, log, { max: 20 + config.workerSlots * 2 });
  await migrate(db, pool);
  await checkKey(db, options.masterKey);
  await warnOfLoss(db, log);
  const jobs = await makeWorkerUtils({ pgPool: pool });
  const github = new GitHub(
    createGitHubApp({ ...config.github, appId: config.github.appId }, log),
    options.contentLimits,
  );
  const wired: Wired = { ...options, db, pool, jobs, github, workerId: randomUUID(), isolation: null };
  const changes = options.role === 'worker' ? undefined : listenForChanges({ databaseUrl: config.databaseUrl, log });
  const server = changes && (await listen(wired, changes));
  const work = await startWork(wired);
  const stopping = new AbortController();
  const upkeep = startUpkeep(wired, stopping.signal);
  const watch = [...work.watch, ...startWatch(wired, work)];
  const stop = async () => {
    stopping.abort();
    for (const one of upkeep) void one.stop();
    await Promise.all(work.runners.map((runner) => runner.stop()));
    // Pages that are watched would keep the server open.
    await changes?.close();
    await server?.stop();
    // Only now: what runs may have taken hours, in which this process has to be seen and its engines looked after.
    await Promise.all(watch.map((one) => one.stop()));
    await removeProcess(db, wired.workerId).catch(() => undefined);
    await jobs.release();
    await db.destroy();
  };
  return { db, pool, github, stop };
}

interface Work {
  runners: TaskRunner[];
  /** Goes on until the last of the runners has stopped. */
  watch: Repeated[];
  /** That this process found, for people. */
  engines: string[];
}

async function startWork(wired: Wired): Promise<Work> {
  const { config, db, github, log, pool, role } = wired;
  const runners: TaskRunner[] = [];
  const watch: Repeated[] = [];
  const engines: string[] = [];
  if (role !== 'server') {
    const isolation = await findIsolation(config.isolation, { ...config, environment: config.engineEnvironment });
    wired.isolation = describeIsolation(isolation);
    if (!wired.isolation.protected) log.warn(wired.isolation.says);
    const runner = await localRunner({ ...config, github, isolation });
    const { appId } = config.github;
    const deps = { ...wired, runner, appId, internalUrl: workersUrl(role, config) };
    for (const { engine, version } of await runner.listEngines()) engines.push(`${engineLabels[engine]} ${version}`);
    await seeThis(wired, { runners, watch, engines });
    const adopting = startAdoption(wired, adoption(deps));
    await adopting.looking.first;
    watch.push(adopting.looking);
    runners.push({ names: new Set(), stop: adopting.stop });
    const start = runInFlight(({ runId }: { runId: string }) => startPhase(deps, runId));
    runners.push(await runTasks({ pool, concurrency: config.workerSlots, log, short: false }, { start_phase: start }));
  }
  if (role !== 'worker') {
    const deps = {
      db,
      github,
      log,
      appId: config.github.appId,
      publicUrl: config.publicUrl,
      githubServerUrl: config.github.serverUrl,
    };
    const handlers = {
      handle_delivery: putOffJob(db, 'handle_delivery', (payload) => handleDelivery(deps, payload)),
      plan_again: putOffJob(db, 'plan_again', (payload) => planStackAgain(deps, payload)),
      report_pull_request: putOffJob(db, 'report_pull_request', (payload) => reportPullRequest(deps, payload)),
      report_command: putOffJob(db, 'report_command', (payload) => reportCommand(deps, payload)),
      report_run: putOffJob(db, 'report_run', (payload) => reportRun(deps, payload)),
      second_look: putOffJob(db, 'second_look', (payload) => lookTwice(deps, payload)),
    };
    runners.push(await runTasks({ pool, concurrency: 8, log, short: true }, handlers));
  }
  return { runners, watch, engines };
}

/** Others know by it what this process has in hand, and whether it is still there. */
function seeThis({ config, db, isolation, role, workerId }: Wired, { runners, engines }: Work): Promise<void> {
  return seeProcess(db, {
    id: workerId,
    ...ownIdentity(),
    slots: role === 'server' ? 0 : config.workerSlots,
    jobWorkers: runners.flatMap((runner) => [...runner.names]),
    engines,
    isolation,
  });
}

/** Before this process takes work of its own, and from then on as long as it does; what others left is looked after longer. */
function startAdoption({ log }: Wired, { look, watch, done }: Adoption) {
  let stopping = false;
  const looking = repeat(log, 'looking for left applies', adoptEveryMs, () => (stopping ? watch() : look()));
  const stop = async () => {
    stopping = true;
    await done();
  };
  return { looking, stop };
}

/** By it others know that this process lives, and runs go on that nobody has in hand. */
function startWatch(wired: Wired, work: Work): Repeated[] {
  const { log } = wired;
  return [
    repeat(log, 'the heartbeat', seenEveryMs, () => seeThis(wired, work)),
    repeat(log, 'the sweep', sweepEveryMs, () => sweep(wired)),
  ];
}

/** What is not begun any more once this process is told to stop. */
function startUpkeep(wired: Wired, signal: AbortSignal): Repeated[] {
  const { db, github, log, role } = wired;
  if (role === 'worker') return [];
  const rotates = wired.masterKey.former.length > 0;
  const catchesUp = wired.catchUp ?? true;
  return [
    ...(rotates ? [repeat(log, 're-encryption', rotateEveryMs, () => rotateKeys(wired, signal))] : []),
    ...(catchesUp ? [repeat(log, 'catching up', catchUpEveryMs, () => catchUp({ db, github, log }, { signal }))] : []),
  ];
}

/** Seals anew what was sealed with a former key, until nothing of it is left. One server does so at a time. */
async function rotateKeys({ db, log, masterKey }: Wired, signal: AbortSignal): Promise<void> {
  await unlessAtIt(db, 'sealing anew', async () => {
    let count = 0;
    for (let some = 1; some > 0 && !signal.aborted; count += some)
      some = await resealSome(db, masterKey, rotatedAtOnce);
    if (count > 0)
      log.info({ count, key: masterKey.id }, 'what was sealed with a former key is sealed with the new one');
  });
}

async function listen(wired: Wired, changes: Changes): Promise<Served> {
  const { config, db, github, log, masterKey } = wired;
  const routes = new Hono();
  routes.route('/', healthRoutes({ db, log }));
  // For editors, which are signed in nowhere: it says nothing of this installation.
  routes.get('/zenfra.schema.json', (c) => c.json(zenfraJsonSchema(), 200, { 'Access-Control-Allow-Origin': '*' }));
  routes.route(webhookPath, webhookRoutes({ db, github, log }));
  routes.route('/state', stateRoutes({ db, masterKey, log }));
  routes.route(
    '/',
    pages({
      db,
      log,
      publicUrl: config.publicUrl,
      githubServerUrl: config.github.serverUrl,
      ...openAccess({
        ...{ db, github, masterKey, publicUrl: config.publicUrl, localUser: wired.localUser },
        oauth: config.github.oauth && { ...config.github, ...config.github.oauth },
      }),
      act: pageActions({ db, github, log }),
      readAppHealth: () => readAppHealth(github),
      state: { db, masterKey, log, maxBytes: largestState },
      changes,
    }),
  );
  const host = wired.host ?? (isOpenToAll(config) ? '127.0.0.1' : undefined);
  if (isOpenToAll(config)) log.warn({ url: config.publicUrl }, openToAll);
  return serve(routes.fetch, { port: config.port, host }).catch((error) => {
    throw listenError(error, config.port);
  });
}

/** Without sign-in the pages show everything to whoever reaches them, so only this machine may. */
function isOpenToAll(config: Config): boolean {
  return config.github.oauth === null && isLoopback(config.publicUrl);
}

const openToAll =
  'sign-in is not configured: the pages show everything to the local user of this machine, and the server listens on loopback only. Set GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET to let people sign in';
