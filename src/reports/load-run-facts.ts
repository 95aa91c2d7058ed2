import { findAppliedProviders, getPlan, listPlansOfRuns, type PlanRow } from '../db/plans.ts';
import type { Run } from '../db/runs.ts';
import { explainWait, type Slots, slotsOnce } from '../db/waits.ts';
import { compareProviders, type ProviderChange } from '../plan/lock-file.ts';
import { engineLabels } from '../run/status.ts';
import type { ReportDeps } from './deps.ts';
import type { RunFacts } from './facts.ts';

/** The facts of several runs, each with the plan it made or adopted. */
export async function loadRunFacts(deps: ReportDeps, runs: Run[]): Promise<Map<string, RunFacts>> {
  const own = new Map(
    (
      await listPlansOfRuns(
        deps.db,
        runs.map((run) => run.id),
      )
    ).map((plan) => [plan.run_id, plan]),
  );
  const facts = new Map<string, RunFacts>();
  const slots = slotsOnce(deps.db);
  for (const run of runs) {
    const plan = run.adopted_plan_id === null ? own.get(run.id) : await getPlan(deps.db, run.adopted_plan_id);
    facts.set(run.id, await factsOf(deps, { run, plan, slots }));
  }
  return facts;
}

interface Loaded {
  run: Run;
  plan: PlanRow | undefined;
  slots: Slots;
}

async function factsOf(deps: ReportDeps, { run, plan, slots }: Loaded): Promise<RunFacts> {
  return {
    id: run.id,
    number: run.number,
    url: `${deps.publicUrl}/runs/${run.id}`,
    type: run.type,
    adopted: run.adopted_plan_id !== null,
    status: run.status,
    commit: run.commit_sha,
    engine: run.engine && `${engineLabels[run.engine]} ${run.engine_version}`,
    seconds: secondsOf(run),
    plan: plan?.summary ?? null,
    providers: await providerChanges(deps, plan),
    warnings: run.warnings ?? [],
    failure: run.failure,
    endedBecause: plan?.discarded_by ? `Discarded by @${plan.discarded_by}` : run.ended_because,
    approvedBy: run.approved_by,
    waitsFor: await explainWait(deps.db, run, slots),
    notice: run.notice,
    apply: run.apply_steps && {
      steps: run.apply_steps,
      outputs: run.outputs ?? [],
      seconds: await applySeconds(deps, run),
    },
  };
}

/** A plan that uses no provider says nothing of one. */
async function providerChanges(deps: ReportDeps, plan: PlanRow | undefined): Promise<ProviderChange[]> {
  if (!plan?.providers?.length) return [];
  const before = await findAppliedProviders(deps.db, plan);
  return before === null ? [] : compareProviders(before, plan.providers);
}

/** A plan that waits for a person has taken as long as it took: the wait does not count. */
function secondsOf(run: Run): number | null {
  if (!run.started_at) return null;
  const until = run.ended_at ?? (run.status === 'unconfirmed' ? run.status_since : new Date());
  return Math.max(0, Math.round((until.getTime() - run.started_at.getTime()) / 1000));
}

async function applySeconds(deps: ReportDeps, run: Run): Promise<number> {
  const phase = await deps.db
    .selectFrom('run_phases')
    .select(['started_at', 'ended_at'])
    .where('run_id', '=', run.id)
    .where('phase', '=', 'applying')
    .executeTakeFirst();
  if (!phase) return 0;
  return Math.round(((phase.ended_at ?? new Date()).getTime() - phase.started_at.getTime()) / 1000);
}
