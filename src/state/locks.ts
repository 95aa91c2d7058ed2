import type { Kysely } from 'kysely';
import type { Database } from '../db/schema.ts';
import { isStillValid, type StateCredential } from '../db/state-credentials.ts';
import {
  deleteStateLock,
  insertStateLock,
  isAbandoned,
  lockStateLock,
  type StateLock,
  shareStack,
} from '../db/state-locks.ts';
import { transact } from '../db/transact.ts';
import { reach } from '../failpoint.ts';
import { type Answer, done } from './answer.ts';
import { ended } from './credentials.ts';

/**
 * Takes the stack's lock for the credential's run. The engine repeats a LOCK whose reply was lost with the same id: that
 * is a success again. Another run's lock is 423 with its lock info, unless that run's end is recorded: then its engine was
 * killed and can write no more.
 */
export async function lock(db: Kysely<Database>, credential: StateCredential, info: Buffer): Promise<Answer> {
  const lockId = readLockId(info);
  if (lockId === undefined)
    return {
      status: 400,
      text: 'The body of LOCK must be lock info in JSON with an ID of 1 to 200 printable characters.',
    };
  const answer = await transact(db, async (trx) => {
    await shareStack(trx, credential.stackId);
    if (!(await isStillValid(trx, credential.tokenSha256))) return ended(credential);
    const row = { stack_id: credential.stackId, lock_id: lockId, info, run_id: credential.runId };
    if (await insertStateLock(trx, row)) {
      reach('before_lock_commit', credential.runNumber);
      return done;
    }
    const held = await lockStateLock(trx, credential.stackId);
    if (held && held.lock_id === lockId && held.run_id === credential.runId) return done;
    if (held && held.run_id !== credential.runId && (await isAbandoned(trx, held))) {
      await deleteStateLock(trx, credential.stackId);
      await insertStateLock(trx, row);
      return done;
    }
    return held ? lockedBy(held) : { status: 423 as const, text: 'The lock was being released just now. Try again.' };
  });
  reach('after_lock_commit', credential.runNumber);
  return answer;
}

/**
 * Releases the lock. Without a body it is `terraform force-unlock`, which does not say which lock it means; that is
 * the run's own, or nothing. Released already is a success: the reply to the first UNLOCK may have been lost.
 */
export async function unlock(db: Kysely<Database>, credential: StateCredential, info: Buffer): Promise<Answer> {
  const lockId = info.length === 0 ? undefined : readLockId(info);
  if (info.length > 0 && lockId === undefined) {
    return { status: 400, text: 'The body of UNLOCK must be empty or lock info in JSON with an ID.' };
  }
  return transact(db, async (trx) => {
    await shareStack(trx, credential.stackId);
    if (!(await isStillValid(trx, credential.tokenSha256))) return ended(credential);
    const held = await lockStateLock(trx, credential.stackId);
    if (!held) return done;
    if (held.run_id !== credential.runId) {
      return {
        status: 403,
        text: `The state is locked by another run (lock ${held.lock_id}), and only that run may unlock it.`,
      };
    }
    if (lockId !== undefined && lockId !== held.lock_id) return lockedBy(held);
    await deleteStateLock(trx, credential.stackId);
    return done;
  });
}

/**
 * The engine shows a person who is locked out nothing of the answer but `ID`, so that says who it is. The rest is the
 * holder's own lock info.
 */
function lockedBy(held: StateLock): Answer {
  const info = JSON.parse(held.info.toString()) as Record<string, unknown>;
  const who = typeof info.Who === 'string' ? ` by ${info.Who}` : '';
  const text = JSON.stringify({
    ...info,
    ID: `${held.lock_id} (taken${who} at ${held.created_at.toISOString()}, run ${held.run_id})`,
  });
  return { status: 423, text, headers: { 'content-type': 'application/json' } };
}

function readLockId(info: Buffer): string | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(info.toString());
  } catch {
    return undefined;
  }
  const id = typeof parsed === 'object' && parsed !== null && 'ID' in parsed ? parsed.ID : undefined;
  return typeof id === 'string' && /^[\x20-\x7e]{1,200}$/.test(id) ? id : undefined;
}
