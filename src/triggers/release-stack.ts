import type { Kysely, Transaction } from 'kysely';
import { findLeftEngine, type LeftEngine } from '../db/left-applies.ts';
import { requestPullRequestReport } from '../db/request-report.ts';
import type { Database } from '../db/schema.ts';
import { listHolds, releaseHolds, type StackHold } from '../db/stack-holds.ts';
import { getStack } from '../db/stacks.ts';
import { revokeStateCredentials } from '../db/state-credentials.ts';
import { transact } from '../db/transact.ts';
import { wakeNextOnStack } from '../queue/wake.ts';
import { mayLive } from '../run/may-live.ts';

/** Ends these holds and wakes who waited for them. Returns those that it ended: another may have been before it. */
export async function releaseStacks(db: Kysely<Database>, holds: StackHold[], by: string): Promise<StackHold[]> {
  const released = await transact(db, (trx) => release(trx, holds, by));
  for (const stackId of new Set(released.map((hold) => hold.stack_id))) await wakeNextOnStack(db, stackId);
  return released;
}

/** The button of a page: one hold, as the page showed it. */
export async function releaseHold(
  db: Kysely<Database>,
  wanted: { stackId: string; holdId: number; user: string },
): Promise<{ ok: true } | { ok: false; why: string }> {
  const holds = (await listHolds(db, [wanted.stackId])).filter((hold) => hold.id === wanted.holdId);
  const atWork = await findEngineAtWork(db, holds);
  if (atWork) return { ok: false, why: mayLiveText(atWork) };
  const [released] = await releaseStacks(db, holds, wanted.user);
  if (!released) return { ok: false, why: 'This hold was released already. Nothing was changed.' };
  if (released.pull_request_number !== null) {
    const { repository_id: repositoryId } = await getStack(db, wanted.stackId);
    await requestPullRequestReport(db, { repositoryId, number: released.pull_request_number });
  }
  return { ok: true };
}

/** A stack is not released while what holds it may still be changing things: two applies at once would follow. */
export async function findEngineAtWork(db: Kysely<Database>, holds: StackHold[]): Promise<LeftEngine | undefined> {
  for (const hold of holds) {
    if (hold.reason !== 'outcome_unknown' || hold.run_id === null) continue;
    const left = await findLeftEngine(db, hold.run_id);
    if (left && mayLive(left)) return left;
  }
  return undefined;
}

function mayLiveText({ runNumber, host }: LeftEngine): string {
  const where = host === '' ? '' : ` on ${host}`;
  return `The engine of run #${runNumber} may still be at work${where}. Release the stack when it has ended, or end it there first.`;
}

/** A run whose end nobody knows could still write its state until now; with the hold that right ends, and its lock falls. */
async function release(trx: Transaction<Database>, holds: StackHold[], by: string): Promise<StackHold[]> {
  const ids = await releaseHolds(
    trx,
    holds.map((hold) => hold.id),
    by,
  );
  const released = holds.filter((hold) => ids.includes(hold.id));
  for (const hold of released) {
    if (hold.reason === 'outcome_unknown' && hold.run_id !== null) await revokeStateCredentials(trx, hold.run_id);
  }
  return released;
}
