import { setTimeout as sleep } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import { pino } from 'pino';
import type { Database } from '../../src/db/schema.ts';
import { createGitHubApp } from '../../src/github/app.ts';
import { GitHub } from '../../src/github/github.ts';
import { catchUp } from '../../src/triggers/catch-up.ts';
import { seeAllUp } from './services.ts';
import type { SoakWorld } from './soak-world.ts';

/** How long it may take to come to rest: an apply that nobody takes over waits for a minute. */
const patienceMs = 150_000;

/**
 * Ends all faults, and waits until nothing goes on any more: what is left then waits for a person. What no webhook has
 * told is looked for twice, as the second look may depend on what the first one brought about. Returns a sentence if it
 * does not come to rest.
 */
export async function heal(world: SoakWorld, tell: (line: string) => void): Promise<string[]> {
  world.story.sandbox.faults.clear();
  await seeAllUp(world.services);
  tell('all processes run again');
  for (let look = 0; look < 2; look += 1) {
    const open = await comeToRest(world);
    if (open.length > 0) return [`It does not come to rest: ${open.join('; ')}.`];
    tell('at rest; looking for what no webhook has told');
    await lookBack(world);
  }
  const open = await comeToRest(world);
  return open.length > 0 ? [`It does not come to rest: ${open.join('; ')}.`] : [];
}

async function comeToRest(world: SoakWorld): Promise<string[]> {
  const end = performance.now() + patienceMs;
  let calm = 0;
  for (;;) {
    await world.story.sandbox.idle();
    await tryNow(world.db);
    const open = await listOpen(world.db);
    calm = open.length === 0 ? calm + 1 : 0;
    // The sweep wakes what was forgotten after two seconds.
    if (calm > 15) return [];
    if (performance.now() > end) return open;
    await sleep(200);
  }
}

/** What was put off while GitHub failed is tried now that it does not. */
async function tryNow(db: Kysely<Database>): Promise<void> {
  await sql`select graphile_worker.reschedule_jobs(array_agg(id), run_at => now()) from graphile_worker.jobs
    where locked_at is null and run_at > now() + interval '2 seconds' and attempts < max_attempts
    having count(*) > 0`.execute(db);
}

/** What Zenfra, and nobody else, has to do yet. */
async function listOpen(db: Kysely<Database>): Promise<string[]> {
  const { rows } = await sql<{ what: string }>`
    select 'a job ' || task_identifier || ' ' || coalesce(last_error, '') as what from graphile_worker.jobs
      where attempts < max_attempts
    union all select 'the webhook ' || id || ' ' || event || ' is not handled' from deliveries where handled_at is null
    union all select 'an engine of run #' || number || ' may be at work' from applies
      join runs on runs.id = applies.run_id where engine_ended_at is null
    union all select 'run #' || number || ' is ' || status || ', and waits for nobody' from runs run
      where status not in ('finished', 'failed', 'discarded', 'canceled', 'unconfirmed')
      and not (status = 'queued' and exists (${others('approved', 'unconfirmed')}))
      and not (status = 'approved' and exists (
        select from stack_holds hold where hold.stack_id = run.stack_id and released_at is null
          and (reason <> 'pull_request' or hold.pull_request_number is distinct from run.pull_request_number)))
  `.execute(db);
  return rows.map(({ what }) => what);
}

/** One whose turn it is and who waits for a person. */
function others(...statuses: string[]) {
  return sql`select from runs other where other.stack_id = run.stack_id and other.id <> run.id
    and run.type <> 'plan_only' and other.type <> 'plan_only' and other.status in (${sql.join(statuses)})`;
}

/** As every server does each minute, for all repositories. */
async function lookBack({ db, environment, story }: SoakWorld): Promise<void> {
  const log = pino({ level: 'silent' });
  const { APP_ID, PRIVATE_KEY = '', WEBHOOK_SECRET = '' } = environment;
  const app = { appId: Number(APP_ID), privateKey: PRIVATE_KEY, webhookSecret: WEBHOOK_SECRET };
  const github = new GitHub(createGitHubApp({ ...app, apiUrl: story.sandbox.apiUrl }, log));
  await catchUp({ db, github, log }, { everySeconds: 0 });
}
