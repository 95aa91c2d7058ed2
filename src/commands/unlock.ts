import type { Transaction } from 'kysely';
import type { Database } from '../db/schema.ts';
import { listHolds, releaseHolds, type StackHold } from '../db/stack-holds.ts';
import { revokeStateCredentials } from '../db/state-credentials.ts';
import { transact } from '../db/transact.ts';
import { requestPullRequestReport } from '../queue/request-report.ts';
import { wakeNextOnStack } from '../queue/wake.ts';
import { noPermission, unlocked } from '../reports/words.ts';
import type { Permission } from '../run/checks.ts';
import type { Command, CommandCall, CommandDeps, CommandResult } from './command.ts';

export const unlock: Command = {
  verb: 'unlock',
  usage: '/unlock [stack…]',
  does: 'releases stacks that are held',
  permission: 'write',
  run,
};

async function run(deps: CommandDeps, call: CommandCall): Promise<CommandResult> {
  const holds = await listHolds(
    deps.db,
    call.stacks.map((stack) => stack.id),
  );
  const denied = holds.find((hold) => !allows(call.permission, hold));
  if (denied) {
    const reply = noPermission({ verb: 'unlock', login: call.author, needed: 'admin', has: call.permission });
    return { outcome: 'refused', reply };
  }
  if (holds.length === 0) return { outcome: 'refused', reply: unlocked([]) };
  await transact(deps.db, (trx) => release(trx, holds, call.author));
  for (const stackId of new Set(holds.map((hold) => hold.stack_id))) await wakeNextOnStack(deps.db, stackId);
  await requestPullRequestReport(deps.db, { repositoryId: call.repository.id, number: call.pull.number });
  const held = new Set(holds.map((hold) => hold.stack_id));
  return {
    outcome: 'done',
    reply: unlocked(call.stacks.filter((stack) => held.has(stack.id)).map((stack) => stack.name)),
  };
}

/** A run whose end nobody knows could still write its state until now; with the hold that right ends, and its lock falls. */
async function release(trx: Transaction<Database>, holds: StackHold[], by: string): Promise<void> {
  for (const hold of holds) {
    if (hold.reason === 'outcome_unknown' && hold.run_id !== null) await revokeStateCredentials(trx, hold.run_id);
  }
  await releaseHolds(
    trx,
    holds.map((hold) => hold.id),
    by,
  );
}

/** After an apply that nobody knows the end of, an admin says that it is safe to go on. */
function allows(permission: Permission, hold: StackHold): boolean {
  return permission === 'admin' || (permission === 'write' && hold.reason !== 'outcome_unknown');
}
