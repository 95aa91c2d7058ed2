import { randomUUID } from 'node:crypto';
import type { Transaction } from 'kysely';
import { adoptBundles, configurationOf, isOfFork, takeBundles } from '../bundle/for-run.ts';
import { listSecretsOfStack } from '../bundle/redact-for-stack.ts';
import { findPlanOfRun, getPlanWithFiles, type Plan } from '../db/plans.ts';
import { getRepository } from '../db/repositories.ts';
import { getRun, type Run } from '../db/runs.ts';
import type { Database } from '../db/schema.ts';
import { getStack, type Stack } from '../db/stacks.ts';
import { issueStateCredential } from '../db/state-credentials.ts';
import { transact } from '../db/transact.ts';
import type { StateKept } from '../execution/contract.ts';
import { isExternal } from '../run/external.ts';
import { applyTimeoutMs, planTimeoutMs } from '../run/limits.ts';
import { policyOf } from '../run/policy.ts';
import type { Assignment } from '../runners/runner.ts';
import { contexts } from '../secret/contexts.ts';
import { open } from '../secret/envelope.ts';
import type { StackDefinition } from '../stack/definition.ts';
import type { QueueDeps } from './deps.ts';

/** Puts together what a runner needs for this run's next execution, with a fresh state credential for it alone. */
export async function assign(deps: QueueDeps, run: Run): Promise<{ assignment: Assignment }> {
  const definition = run.definition as StackDefinition;
  const [stack, repository, plan] = await Promise.all([
    getStack(deps.db, run.stack_id),
    getRepository(deps.db, run.repository_id),
    planToApply(deps, run),
  ]);
  const { timeouts } = policyOf(stack.definition);
  const { state, configuration, former } = await transact(deps.db, (trx) => give(deps, trx, { run, stack, plan }));
  return {
    assignment: {
      run: { id: run.id, number: run.number, type: run.type },
      repository: {
        id: repository.id,
        owner: repository.owner,
        name: repository.name,
        installationId: repository.installation_id,
      },
      commit: run.commit_sha,
      rootModule: definition.path,
      varFiles: definition.varFiles,
      hooks: definition.hooks ?? {},
      engine: plan
        ? { engine: plan.engine, version: plan.engine_version }
        : { engine: definition.engine, version: definition.version },
      timeoutMs: plan ? (timeouts.applyMs ?? applyTimeoutMs) : (timeouts.planMs ?? planTimeoutMs),
      planId: plan?.id ?? randomUUID(),
      environment: configuration.environment,
      files: configuration.files,
      configurationBytes: configuration.bytes,
      secrets: [...new Set([...configuration.secrets, ...former])],
      state,
      apply: plan && (await openPlan(deps, run, plan)),
    },
  };
}

/** What the execution gets that is secret: its part of the configuration bundles, and a credential for the state. */
async function give(
  { masterKey, internalUrl }: QueueDeps,
  trx: Transaction<Database>,
  { run, stack, plan }: { run: Run; stack: Stack; plan: Plan | null },
) {
  const bundles = plan ? await adoptBundles(trx, run, plan.run_id) : await takeBundles(trx, run, stack);
  const configuration = await configurationOf(trx, masterKey, { bundles, execution: plan ? 'applying' : 'planning' });
  const asked = { runId: run.id, stackId: stack.id, access: plan ? 'write' : 'read', masterKey } as const;
  const openState = async () => ({
    address: `${internalUrl}/state/${stack.id}`,
    ...(await issueStateCredential(trx, asked)),
  });
  const state: StateKept = (await isOfFork(trx, run))
    ? 'none'
    : isExternal(run.definition)
      ? 'external'
      : await openState();
  // What it was given, and what earlier runs have left in the state, of which a plan shows what changes.
  return { state, configuration, former: await listSecretsOfStack({ db: trx, masterKey }, run) };
}

/** A run applies the plan it adopted, or its own once that is approved. */
async function planToApply(deps: QueueDeps, run: Run): Promise<Plan | null> {
  if (run.adopted_plan_id !== null) return getPlanWithFiles(deps.db, run.adopted_plan_id);
  if (run.status !== 'applying') return null;
  const own = await findPlanOfRun(deps.db, run.id);
  if (!own) throw new Error(`Run ${run.id} is applying, but it has no plan`);
  return getPlanWithFiles(deps.db, own.id);
}

async function openPlan(deps: QueueDeps, run: Run, plan: Plan): Promise<Assignment['apply']> {
  if (!plan.file || !plan.json) throw new Error(`The files of plan ${plan.id} are gone`);
  const adoptedFrom = run.adopted_plan_id === null ? null : (await getRun(deps.db, plan.run_id)).number;
  return {
    file: open(deps.masterKey, plan.file, contexts.planFile(plan.id)),
    lockFile: plan.lock_file && open(deps.masterKey, plan.lock_file, contexts.planLockFile(plan.id)),
    json: open(deps.masterKey, plan.json, contexts.planJson(plan.id)),
    sourceDigest: plan.source_digest,
    sha256: plan.file_sha256,
    adoptedFrom,
  };
}
