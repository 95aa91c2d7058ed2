import type { ApprovalFacts } from '../../src/run/checks.ts';
import { builtInPolicy } from '../../src/run/policy.ts';
import { holdRows, type Rules } from './rules.ts';
import { at, type ModelRun, pullCommit, type World } from './world.ts';

const now = new Date(0);

/** What an approval rests on, read from this world at this moment: for a run that is about to be made, or to apply. */
export function readFacts(world: World, rules: Rules, about: { plan: number; run: ModelRun }): ApprovalFacts {
  const plan = at(world.plans, about.plan);
  const hold = rules.othersHold({ pull_request_number: about.run.pull ? 1 : null }, holdRows(world));
  return {
    now,
    plan: {
      createdAt: now,
      runNumber: 0,
      commit: plan.commit,
      stateVersionId: String(plan.state),
      sourceDigest: plan.commit,
      discardedBy: plan.discarded ? 'kim' : null,
      usedByRun: rules.usedBy(world, about.plan, about.run),
      engine: 'Terraform',
      branch: 'main',
      stackRemoved: false,
      deletes: false,
      hooksChanged: false,
      stateMoved: false,
      bundles: [],
    },
    approver: { login: 'kim', permission: world.permitted ? 'admin' : 'read' },
    type: about.run.type,
    policy: builtInPolicy,
    authors: [],
    required: null,
    state: { versionId: String(world.state), serial: String(world.state), writtenByRun: null },
    bundlesNow: [],
    plannedSerial: String(plan.state),
    pullRequest: about.run.adopted ? readPull(world) : null,
    heldBy: hold ? { reason: hold.reason, pullRequest: hold.pull_request_number, runNumber: null, by: 'kim' } : null,
    expiresAfterMs: 1,
    comment: null,
    engineNow: null,
  };
}

function readPull({ pull }: World): ApprovalFacts['pullRequest'] {
  return {
    number: 1,
    headSha: pullCommit(pull.head),
    baseRef: 'main',
    state: pull.open ? 'open' : 'closed',
    draft: false,
    locked: false,
    fork: false,
  };
}
