import { listLiveRunsOfPullRequest } from '../db/runs.ts';
import { advance } from '../queue/advance.ts';
import { canceled } from '../reports/words/replies.ts';
import { type Command, type CommandCall, type CommandDeps, type CommandResult, refuse } from './command.ts';
import { named } from './named.ts';

export const cancel: Command = {
  verb: 'cancel',
  usage: '/cancel [stack…]',
  does: 'ends runs that are under way',
  permission: 'write',
  takesCommit: false,
  ends: true,
  run,
};

async function run(deps: CommandDeps, call: CommandCall): Promise<CommandResult> {
  const wanted = new Set(call.stacks.map((stack) => stack.id));
  const ended = [];
  for (const live of await listLiveRunsOfPullRequest(deps.db, call.repository.id, call.pull.number)) {
    if (!wanted.has(live.stack_id)) continue;
    const event = { type: 'cancel_requested' as const, by: `@${call.author}` };
    if ((await advance(deps.db, { runId: live.id, event, actor: call.author })).ok) ended.push(named(deps, live));
  }
  return ended.length === 0 ? refuse(canceled([])) : { outcome: 'done', reply: canceled(ended) };
}
