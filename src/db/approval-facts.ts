import { isDeepStrictEqual } from 'node:util';
import type { Kysely, Transaction } from 'kysely';
import type { ExternalState } from '../execution/contract.ts';
import type { ApprovalFacts, Hold } from '../run/checks.ts';
import { isExternal } from '../run/external.ts';
import type { Hooks } from '../run/hooks.ts';
import { othersHold } from '../run/order.ts';
import { policyOf } from '../run/policy.ts';
import { engineLabels } from '../run/status.ts';
import { listBundlesInForce, listRunBundles } from './bundles.ts';
import { listPushers } from './commit-pushers.ts';
import { findApply, getPlan } from './plans.ts';
import { findPullRequest } from './pull-requests.ts';
import { getRun, type Run } from './runs.ts';
import type { Database } from './schema.ts';
import { listHolds } from './stack-holds.ts';
import { getStack } from './stacks.ts';

type Db = Kysely<Database> | Transaction<Database>;

/** The part of an approval's facts that is ours to know. */
export type PlanFacts = Pick<
  ApprovalFacts,
  'plan' | 'bundlesNow' | 'plannedSerial' | 'state' | 'heldBy' | 'policy' | 'authors'
> & {
  shownAt: Date | null;
};

/** Reads what we know of a plan and of its stack as it is now. `forPullRequest`: whose own hold does not count. */
export async function readPlanFacts(db: Db, planId: string, forPullRequest: number | null): Promise<PlanFacts> {
  const plan = await getPlan(db, planId);
  const planRun = await getRun(db, plan.run_id);
  const stack = await getStack(db, plan.stack_id);
  const used = await findApply(db, planId);
  const external = plan.external_state;
  const held = othersHold({ pull_request_number: forPullRequest }, await listHolds(db, [plan.stack_id]));
  return {
    plan: {
      createdAt: plan.created_at,
      runNumber: planRun.number,
      commit: plan.commit_sha,
      stateVersionId: external === null ? plan.state_version_id : nameExternal(external),
      sourceDigest: plan.source_digest,
      discardedBy: plan.discarded_by,
      usedByRun: used?.run_number ?? null,
      branch: stack.branch,
      stackRemoved: stack.removed_at !== null,
      hooksChanged: !isDeepStrictEqual(hooksIn(planRun.definition), hooksIn(stack.definition)),
      stateMoved: isExternal(planRun.definition) !== isExternal(stack.definition),
      deletes: plan.summary.counts.destroy > 0,
      engine: `${engineLabels[plan.engine]} ${plan.engine_version}`,
      bundles: await listRunBundles(db, plan.run_id),
    },
    bundlesNow: await listBundlesInForce(db, stack),
    plannedSerial: external === null ? await serialOf(db, plan.state_version_id) : external.serial,
    state: external === null ? await currentState(db, plan.stack_id) : asPlanned(external),
    heldBy: held ? await describeHold(db, held) : null,
    shownAt: plan.shown_at,
    policy: policyOf(stack.definition),
    authors: await listAuthors(db, planRun),
  };
}

function hooksIn(definition: unknown): Hooks {
  return (definition as { hooks?: Hooks } | null)?.hooks ?? {};
}

/** Whose change a run's plan is: who opened the pull request, who pushed its commit, and who asked for it on the branch. */
export async function listAuthors(db: Db, planRun: Run): Promise<string[]> {
  const { repository_id: repositoryId, pull_request_number: number, commit_sha: commit } = planRun;
  const pull = number === null ? undefined : await findPullRequest(db, repositoryId, number);
  const pushed =
    planRun.type === 'plan_only'
      ? await listPushers(db, { repositoryId, commit })
      : [planRun.triggered_by, ...(await listPushed(db, planRun))];
  return [...new Set([...(pull ? [pull.author] : []), ...planRun.authors, ...pushed])];
}

/** Whose pushes had this commit of a tracked branch run on the same stack. */
async function listPushed(db: Db, run: Run): Promise<string[]> {
  const rows = await db
    .selectFrom('runs')
    .select(['triggered_by', 'authors'])
    .where('repository_id', '=', run.repository_id)
    .where('commit_sha', '=', run.commit_sha)
    .where('stack_id', '=', run.stack_id)
    .where('trigger', '=', 'push')
    .execute();
  return rows.flatMap((row) => [row.triggered_by, ...row.authors]);
}

/** What stands for the version of a state that is kept elsewhere. */
export function nameExternal({ lineage, serial }: ExternalState): string {
  return lineage === null ? 'no state' : `${lineage} ${serial}`;
}

/** Only an engine can ask the repository's own backend; the one that is about to apply does, and is held to the plan. */
function asPlanned(external: ExternalState): ApprovalFacts['state'] {
  return { versionId: nameExternal(external), serial: external.serial, writtenByRun: null };
}

async function serialOf(db: Db, versionId: string | null): Promise<string | null> {
  if (versionId === null) return null;
  const row = await db
    .selectFrom('state_versions')
    .select('serial')
    .where('id', '=', versionId)
    .executeTakeFirstOrThrow();
  return row.serial;
}

async function currentState(db: Db, stackId: string): Promise<ApprovalFacts['state']> {
  const row = await db
    .selectFrom('state_versions')
    .leftJoin('runs', 'runs.id', 'state_versions.run_id')
    .select(['state_versions.id', 'state_versions.serial', 'runs.number'])
    .where('state_versions.stack_id', '=', stackId)
    .orderBy('state_versions.serial', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row
    ? { versionId: row.id, serial: row.serial, writtenByRun: row.number }
    : { versionId: null, serial: null, writtenByRun: null };
}

/** A hold with the number of the run that left it. */
async function describeHold(
  db: Db,
  hold: { reason: Hold['reason']; pull_request_number: number | null; run_id: string | null; created_by: string },
): Promise<Hold> {
  const run =
    hold.run_id === null
      ? undefined
      : await db.selectFrom('runs').select('number').where('id', '=', hold.run_id).executeTakeFirst();
  return {
    reason: hold.reason,
    pullRequest: hold.pull_request_number,
    runNumber: run?.number ?? null,
    by: hold.created_by,
  };
}
