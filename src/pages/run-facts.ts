import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { WaitView } from '../../views/parts/waits.tsx';
import { listRunBundles, type RunBundle } from '../db/bundles.ts';
import { findPagePlan, findPlannedPull, type PagePlan, type PageRun, type PlannedPull } from '../db/page-run.ts';
import { listDependencies } from '../db/run-dependencies.ts';
import { listPhases, type RunPhaseRow } from '../db/run-phases.ts';
import { listLiveRuns } from '../db/runs.ts';
import type { Database } from '../db/schema.ts';
import { listHolds } from '../db/stack-holds.ts';
import { countSlots } from '../db/workers.ts';
import type { LoggedPhase } from '../run/status.ts';
import { isFinal } from '../run/transition.ts';
import { githubLinks } from './github-links.ts';
import { type Around, waitView } from './run-waits.ts';

/** Everything that a run's page shows beside the logs. */
export interface RunFacts {
  run: PageRun;
  plan: PagePlan | undefined;
  /** The pull request that it plans. */
  pull: PlannedPull | undefined;
  phases: RunPhaseRow[];
  /** The versions of configuration bundles that it had. */
  bundles: RunBundle[];
  /** What it may wait for. */
  around: Pick<Around, 'live' | 'holds' | 'others' | 'slots' | 'now'>;
}

export async function loadRunFacts(db: Kysely<Database>, run: PageRun): Promise<RunFacts> {
  const [plan, pull, phases, bundles, live, holds, others, slots] = await Promise.all([
    findPagePlan(db, run),
    findPlannedPull(db, run),
    listPhases(db, run.id),
    listRunBundles(db, run.id),
    listLiveRuns(db, run.stack_id),
    listHolds(db, [run.stack_id]),
    listDependencies(db, run),
    countSlots(db),
  ]);
  return { run, plan, pull, phases, bundles, around: { live, holds, others, slots, now: new Date() } };
}

/**
 * A digest of the facts, the same on every server: twelve hexadecimal digits. Two pages of one digest look alike, but
 * for the lines of the logs. The lease is left out, which changes all the time and is not shown.
 */
export function versionOf(facts: RunFacts, logged: LoggedPhase[]): string {
  const { run, plan, pull, phases, bundles } = facts;
  const { lease_generation, lease_expires_at, worker_id, definition, attempt, command_id, notice, ...shown } = run;
  // A plan never changes; what becomes of it does.
  const { summary, ...fate } = plan ?? { summary: null };
  return createHash('sha256')
    .update(JSON.stringify([shown, fate, pull, phases, bundles, waitsOf(facts, anybody), [...logged].sort()]))
    .digest('hex')
    .slice(0, 12);
}

/** Whoever may do everything is shown the most. */
const anybody: Pick<Around, 'links' | 'may'> = {
  may: 'admin',
  links: githubLinks('https://github.invalid', { owner: '', repository: '' }),
};

/** What the run waits for, as somebody sees it who may do this much; null if it waits for nothing. */
export function waitsOf({ run, around }: RunFacts, viewer: Pick<Around, 'links' | 'may'>): WaitView | null {
  return isFinal(run.status) ? null : waitView(run, { ...around, ...viewer });
}
