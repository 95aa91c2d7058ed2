import { findPullRequest } from '../db/pull-requests.ts';
import { listPlanRuns, type Run } from '../db/runs.ts';
import { forkWords, noStacksWords } from '../reports/words/notes.ts';
import { closedPullRequest, configErrorRefusal, notTheHead } from '../reports/words/replies.ts';
import { isFinal } from '../run/transition.ts';
import { planPullRequest } from '../triggers/pull-request.ts';
import { type Command, type CommandCall, type CommandDeps, type CommandResult, refuse } from './command.ts';
import { namedStacks } from './named.ts';

export const plan: Command = {
  verb: 'plan',
  usage: '/plan [stack…] [commit]',
  does: 'plans again; of a fork only the whole commit that is named',
  permission: 'write',
  takesCommit: true,
  ends: false,
  run,
};

async function run(deps: CommandDeps, call: CommandCall): Promise<CommandResult> {
  const { pull, repository } = call;
  if (pull.state !== 'open') return refuse(closedPullRequest(pull.state));
  if (pull.fork && call.commit !== pull.headSha) return refuse(forkWords(pull.headSha));
  if (call.commit !== null && !pull.headSha.startsWith(call.commit)) {
    return refuse(notTheHead({ asked: call.commit, head: pull.headSha }));
  }
  if (await isComing(deps, call)) return { outcome: 'started' };
  const { runs } = await planPullRequest(deps, repository, {
    number: pull.number,
    trigger: 'command',
    triggeredBy: call.author,
    drafts: true,
    ...(call.commit === null ? {} : { trusted: call.commit }),
    commandId: call.id,
    ...(call.named ? { only: namedStacks(call) } : {}),
  });
  if (runs.length > 0) return { outcome: 'started' };
  const now = await findPullRequest(deps.db, repository.id, pull.number);
  return refuse(now?.config_error ? configErrorRefusal(now.config_error) : noStacksWords(now?.rules ?? []));
}

/**
 * Whether what is asked for is on its way, or was made since: a thousand comments in a minute are few plans, and cost
 * GitHub few questions.
 */
async function isComing(deps: CommandDeps, call: CommandCall): Promise<boolean> {
  const { pull, repository, receivedAt, stacks } = call;
  const at = { repositoryId: repository.id, number: pull.number, commit: pull.headSha };
  const runs = await listPlanRuns(deps.db, at);
  const answers = (run: Run) => !isFinal(run.status) || (receivedAt !== null && run.created_at >= receivedAt);
  const planned = runs.filter((run) => run.cancel_requested_at === null && answers(run)).map((run) => run.stack_id);
  return stacks.length > 0 && stacks.every((stack) => planned.includes(stack.id));
}
