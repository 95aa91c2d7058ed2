import { getRun, listLiveRunsOfPullRequest } from '../db/runs.ts';
import { advance } from '../queue/advance.ts';
import type { NamedRun } from '../reports/words/names.ts';
import { canceled } from '../reports/words/replies.ts';
import { isFinal } from '../run/transition.ts';
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
  const [ended, ending] = [[], []] as [NamedRun[], NamedRun[]];
  for (const live of await listLiveRunsOfPullRequest(deps.db, call.repository.id, call.pull.number)) {
    if (!wanted.has(live.stack_id)) continue;
    const event = { type: 'cancel_requested' as const, by: `@${call.author}` };
    if ((await advance(deps.db, { runId: live.id, event, actor: call.author })).ok) ended.push(named(deps, live));
    else if (await isEnding(deps, live.id)) ending.push(named(deps, live));
  }
  const reply = canceled(ended, ending);
  return ended.length === 0 ? refuse(reply) : { outcome: 'done', reply };
}

async function isEnding({ db }: CommandDeps, runId: string): Promise<boolean> {
  const { status, cancel_requested_at } = await getRun(db, runId);
  return cancel_requested_at !== null && !isFinal(status);
}
