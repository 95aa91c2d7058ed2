import { randomBytes } from 'node:crypto';
import type { Kysely, Transaction } from 'kysely';
import { fromNow } from '../db/from-now.ts';
import { findPlanOfRun } from '../db/plans.ts';
import { requestReport } from '../db/request-report.ts';
import { replaceDependencies, waitsForDependencies } from '../db/run-dependencies.ts';
import { startPhase } from '../db/run-phases.ts';
import { insertRun, listLiveRuns, type NewRun, ordered, type Run } from '../db/runs.ts';
import type { Database } from '../db/schema.ts';
import { lockStack, type Stack } from '../db/stacks.ts';
import { toJsonb } from '../db/to-jsonb.ts';
import { transact } from '../db/transact.ts';
import { advanceIn } from '../queue/advance.ts';
import { addStartJob } from '../queue/wake.ts';
import { workerWaitSeconds } from '../run/limits.ts';
import { supersededByCommit, supersededByPush, turnOf } from '../run/order.ts';
import { shortSha } from '../run/short-sha.ts';
import type { RunType } from '../run/status.ts';
import type { StackDefinition } from '../stack/definition.ts';

/** A run that somebody or something asks for. */
export interface RunWish {
  stack: Stack;
  definition: StackDefinition;
  type: RunType;
  trigger: Run['trigger'];
  triggeredBy: string;
  /** For people: `push touched infra/network/main.tf`. */
  reason: string;
  branch: string;
  commit: { sha: string; title: string };
  pullRequest: number | null;
  /** Logins of those whose change it is, beside its pull request's author and who triggers it. */
  authors?: string[];
  commandId?: string;
  /** False: the caller asks for the report itself, once for many runs. Default true. */
  report?: boolean;
  /** The runs that this one comes after: of stacks that its own depends on. */
  after?: string[];
  /** The run whose plan is applied, and who approved it. */
  adopts?: { planRun: Run; approvedBy: string };
}

/**
 * Makes the run that is wished for, under its stack's lock: ends those it supersedes, and wakes a worker if it is its
 * turn. A live run for the same stack, commit and type is what was wished for already, and is returned instead; what
 * came in between is ended all the same, as for a branch that was pushed back to a commit that is being applied.
 */
export async function createRun(db: Kysely<Database>, wish: RunWish): Promise<Run> {
  return transact(db, async (trx) => {
    await lockStack(trx, wish.stack.id);
    const live = await listLiveRuns(trx, wish.stack.id);
    const same = live.find((run) => isSame(run, wish));
    const ended = await supersede(
      trx,
      wish,
      live.filter((run) => run !== same),
    );
    if (same) return same;
    const run = await insertRun(trx, await rowOf(trx, wish));
    await replaceDependencies(trx, { older: ended, newer: run.id });
    await startPhase(trx, run.id, { phase: 'queued', note: `triggered by ${run.triggered_by}` });
    const now = ended.length > 0 ? await listLiveRuns(trx, wish.stack.id) : [...live, run];
    const goesNow = turnOf(ordered(run), now.map(ordered)).now;
    if (goesNow) await addStartJob(trx, run);
    if (!goesNow || (await waitsForDependencies(trx, run)))
      await trx.updateTable('runs').set({ deadline_at: null }).where('id', '=', run.id).execute();
    if (wish.report ?? true) await requestReport(trx, run);
    return run;
  });
}

function isSame(run: Run, wish: RunWish): boolean {
  if (run.cancel_requested_at !== null || run.type !== wish.type || run.commit_sha !== wish.commit.sha) return false;
  const adopts = run.adopted_plan_id !== null;
  return (
    adopts === (wish.adopts !== undefined) &&
    (wish.type !== 'plan_only' || run.pull_request_number === wish.pullRequest)
  );
}

/** Returns which they were. A plan of an older commit that somebody re-runs on its page ends none. */
async function supersede(trx: Transaction<Database>, wish: RunWish, live: Run[]): Promise<string[]> {
  const older =
    wish.trigger === 'push'
      ? supersededByPush(live.map(ordered))
      : wish.type === 'plan_only' && wish.pullRequest !== null && wish.trigger !== 'page'
        ? supersededByCommit(live.map(ordered), wish.pullRequest)
        : [];
  const by = shortSha(wish.commit.sha);
  for (const { id } of older) await advanceIn(trx, { runId: id, event: { type: 'superseded', by }, actor: 'zenfra' });
  return older.map(({ id }) => id);
}

async function rowOf(trx: Transaction<Database>, wish: RunWish): Promise<NewRun> {
  return {
    id: uuidV7(),
    stack_id: wish.stack.id,
    repository_id: wish.stack.repository_id,
    type: wish.type,
    trigger: wish.trigger,
    triggered_by: wish.triggeredBy,
    trigger_reason: wish.reason,
    branch: wish.branch,
    commit_sha: wish.commit.sha,
    commit_title: wish.commit.title,
    pull_request_number: wish.pullRequest,
    authors: wish.authors ?? [],
    definition: toJsonb(wish.definition),
    command_id: wish.commandId ?? null,
    after_runs: wish.after ?? [],
    deadline_at: fromNow(workerWaitSeconds),
    ...(wish.adopts ? await adoption(trx, wish.adopts) : {}),
  };
}

async function adoption(trx: Transaction<Database>, adopts: { planRun: Run; approvedBy: string }) {
  const plan = await findPlanOfRun(trx, adopts.planRun.id);
  if (!plan) throw new Error(`Run ${adopts.planRun.id} has no plan to adopt`);
  const { add_count, change_count, destroy_count, engine, engine_version } = adopts.planRun;
  return {
    adopted_plan_id: plan.id,
    approved_by: adopts.approvedBy,
    approved_at: new Date(),
    ...{ add_count, change_count, destroy_count, engine, engine_version },
  };
}

/** RFC 9562, version 7: the time first, so that ids sort by age and index well. */
function uuidV7(): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes.writeUInt8(0x70 | (bytes.readUInt8(6) & 0x0f), 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
