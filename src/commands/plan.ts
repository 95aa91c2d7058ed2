import { findPullRequest } from '../db/pull-requests.ts';
import { closedPullRequest, configErrorRefusal, forkWords, noStacksWords } from '../reports/words.ts';
import { planPullRequest } from '../triggers/pull-request.ts';
import type { Command, CommandCall, CommandDeps, CommandResult } from './command.ts';

export const plan: Command = {
  verb: 'plan',
  usage: '/plan [stack…]',
  does: 'plans again',
  permission: 'write',
  run,
};

async function run(deps: CommandDeps, call: CommandCall): Promise<CommandResult> {
  const { pull, repository } = call;
  if (pull.state !== 'open') return { outcome: 'refused', reply: closedPullRequest(pull.state) };
  if (pull.fork) return { outcome: 'refused', reply: forkWords };
  const { runs } = await planPullRequest(deps, repository, {
    number: pull.number,
    trigger: 'command',
    triggeredBy: call.author,
    drafts: true,
    commandId: call.id,
    ...(call.named ? { only: call.stacks.map((stack) => stack.name) } : {}),
  });
  if (runs.length > 0) return { outcome: 'started' };
  const now = await findPullRequest(deps.db, repository.id, pull.number);
  return {
    outcome: 'refused',
    reply: now?.config_error ? configErrorRefusal(now.config_error) : noStacksWords(now?.rules ?? []),
  };
}
