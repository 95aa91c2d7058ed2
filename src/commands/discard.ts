import { discardPlans, listPlansOfRuns } from '../db/plans.ts';
import { requestPullRequestReport } from '../db/request-report.ts';
import { listLiveRunsOfPullRequest, listPlanRuns } from '../db/runs.ts';
import { transact } from '../db/transact.ts';
import { advance } from '../queue/advance.ts';
import { discarded } from '../reports/words/replies.ts';
import { type Command, type CommandCall, type CommandDeps, type CommandResult, refuse } from './command.ts';

export const discard: Command = {
  verb: 'discard',
  usage: '/discard [stack…]',
  does: 'makes plans unusable',
  permission: 'write',
  takesCommit: false,
  ends: true,
  run,
};

/** The finished plan-only runs stay finished; their plans cannot be applied any more. Runs that wait are ended. */
async function run(deps: CommandDeps, call: CommandCall): Promise<CommandResult> {
  const { repository, pull } = call;
  const wanted = new Map(call.stacks.map((stack) => [stack.id, stack.name]));
  const names = new Set<string>();
  const planRuns = await listPlanRuns(deps.db, {
    repositoryId: repository.id,
    number: pull.number,
    commit: pull.headSha,
  });
  const ids = planRuns.filter((run) => wanted.has(run.stack_id)).map((run) => run.id);
  const plans = (await listPlansOfRuns(deps.db, ids)).filter((plan) => plan.has_changes && plan.discarded_at === null);
  const done = await transact(deps.db, (trx) =>
    discardPlans(
      trx,
      plans.map((plan) => plan.id),
      call.author,
    ),
  );
  for (const plan of plans) if (done.includes(plan.id)) names.add(wanted.get(plan.stack_id) ?? '');
  for (const live of await listLiveRunsOfPullRequest(deps.db, repository.id, pull.number)) {
    const name = wanted.get(live.stack_id);
    if (name === undefined || live.type === 'plan_only') continue;
    const event = { type: 'discarded' as const, by: `@${call.author}` };
    if ((await advance(deps.db, { runId: live.id, event, actor: call.author })).ok) names.add(name);
  }
  await requestPullRequestReport(deps.db, { repositoryId: repository.id, number: pull.number });
  if (names.size === 0) return refuse(discarded([]));
  return { outcome: 'done', reply: discarded([...names]) };
}
