import { requestPullRequestReport } from '../db/request-report.ts';
import { listHolds } from '../db/stack-holds.ts';
import { engineMayLive, noPermission, unlocked } from '../reports/words/replies.ts';
import { hasPermission, neededToRelease } from '../run/checks.ts';
import { findEngineAtWork, releaseStacks } from '../triggers/release-stack.ts';
import { type Command, type CommandCall, type CommandDeps, type CommandResult, refuse } from './command.ts';

export const unlock: Command = {
  verb: 'unlock',
  usage: '/unlock [stack…]',
  does: 'releases stacks that are held',
  permission: 'write',
  takesCommit: false,
  ends: true,
  run,
};

async function run(deps: CommandDeps, call: CommandCall): Promise<CommandResult> {
  const holds = await listHolds(
    deps.db,
    call.stacks.map((stack) => stack.id),
  );
  const denied = holds.find((hold) => !hasPermission(call.permission, neededToRelease(hold.reason)));
  if (denied) {
    return refuse(noPermission({ verb: 'unlock', login: call.author, needed: 'admin', has: call.permission }));
  }
  if (holds.length === 0) return refuse(unlocked([]));
  const atWork = await findEngineAtWork(deps.db, holds);
  if (atWork) return refuse(engineMayLive(atWork));
  await releaseStacks(deps.db, holds, call.author);
  await requestPullRequestReport(deps.db, { repositoryId: call.repository.id, number: call.pull.number });
  const held = new Set(holds.map((hold) => hold.stack_id));
  return {
    outcome: 'done',
    reply: unlocked(call.stacks.filter((stack) => held.has(stack.id)).map((stack) => stack.name)),
  };
}
