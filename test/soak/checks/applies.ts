import { resources } from '../entries.ts';
import type { History } from '../history.ts';

/** Exactly the approved plan is applied; at most once; one apply per stack at a time. What was done is in the ledger. */
export function checkApplies(history: History): string[] {
  return [
    ...history.applies.flatMap((apply) => checkApply(history, apply)),
    ...checkLedger(history),
    ...history.stacks.flatMap((stack) => checkOverlaps(history, stack)),
  ];
}

type Apply = History['applies'][number];

function checkApply(history: History, apply: Apply): string[] {
  const run = history.runs.find(({ id }) => id === apply.run_id);
  if (!run) return [`An apply of the plan ${apply.plan_id} belongs to no run.`];
  const named = `Run #${run.number}`;
  const plan = history.plans.find(({ id }) => id === apply.plan_id);
  const [broken, lines] = [[] as string[], history.ledger.filter(({ planId }) => planId === apply.plan_id)];
  if (!isApproved(history, run)) broken.push(`${named} applied what nobody approved (approved by ${run.approved_by}).`);
  if (plan?.stack_id !== run.stack_id || plan?.commit_sha !== run.commit_sha)
    broken.push(`${named} applied the plan ${apply.plan_id}, which is of another stack or commit.`);
  if (apply.outcome === null) broken.push(`${named} never ended its apply.`);
  if (apply.outcome === 'succeeded' && run.status !== 'finished')
    broken.push(`${named} applied, and is ${run.status}.`);
  const ended = lines.filter(({ what }) => what === 'end').map(({ resource }) => resource);
  if (apply.outcome === 'succeeded' && lines.length > 0 && ended.join() !== resources.join())
    broken.push(`${named} applied well, and the ledger has ${ended.join(' and ') || 'no end'} of it.`);
  const first = lines[0]?.at ?? Number.POSITIVE_INFINITY;
  if (first < apply.started_at.getTime()) broken.push(`${named} changed something before its apply began.`);
  return broken;
}

function isApproved({ approvals, events }: History, run: History['runs'][number]): boolean {
  const said =
    approvals.runs.has(run.id) ||
    approvals.pulls.has(run.pull_request_number ?? approvals.merged.get(run.commit_sha) ?? 0);
  const recorded =
    run.adopted_plan_id !== null || events.some((one) => one.run_id === run.id && one.event === 'approved');
  return run.approved_by === 'kim' && said && recorded;
}

/** Nothing is done twice, by a plan that was not applied, or with another content than was approved. */
function checkLedger({ ledger, applies, planned }: History): string[] {
  const broken: string[] = [];
  const known = new Set(applies.map((apply) => apply.plan_id));
  const done = new Set<string>();
  for (const { what, planId, resource, revision, stack } of ledger) {
    const one = `${what} ${planId} ${resource}`;
    if (done.has(one)) broken.push(`The plan ${planId} was applied twice: ${what} of ${resource} of ${stack}.`);
    done.add(one);
    if (!known.has(planId)) broken.push(`The plan ${planId} of ${stack} was applied, and no apply says so.`);
    if (planned.get(planId) !== revision)
      broken.push(`The plan ${planId} of ${stack} is of ${planned.get(planId)}, and ${revision} was applied.`);
  }
  return broken;
}

/** In what Zenfra says, and in what was really done. */
function checkOverlaps(history: History, stack: History['stacks'][number]): string[] {
  const plans = new Set(history.plans.filter(({ stack_id }) => stack_id === stack.id).map(({ id }) => id));
  const applies = history.applies
    .filter((apply) => plans.has(apply.plan_id))
    .toSorted((a, b) => a.started_at.getTime() - b.started_at.getTime());
  const broken = applies.slice(1).flatMap((apply, index) => {
    const before = applies[index]?.engine_ended_at;
    return before && before <= apply.started_at
      ? []
      : [`Two applies of ${stack.name} overlap: the plans ${applies[index]?.plan_id} and ${apply.plan_id}.`];
  });
  const order = history.ledger.filter((line) => line.stack === stack.name).map(({ planId }) => planId);
  const turns = order.filter((planId, index) => planId !== order[index - 1]);
  if (new Set(turns).size < turns.length) broken.push(`Two applies of ${stack.name} were at work at the same time.`);
  return broken;
}
