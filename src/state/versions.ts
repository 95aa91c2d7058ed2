import type { Kysely, Transaction } from 'kysely';
import type { Logger } from 'pino';
import type { Database } from '../db/schema.ts';
import { isStillValid, recordServedVersion, type StateCredential } from '../db/state-credentials.ts';
import { lockStateLock, shareStack } from '../db/state-locks.ts';
import {
  countRejectedStates,
  findCurrentVersion,
  insertRejectedState,
  insertVersion,
  readVersionBytes,
  type StateVersion,
} from '../db/state-versions.ts';
import { transactDurably } from '../db/transact.ts';
import { reach } from '../failpoint.ts';
import { contexts } from '../secret/contexts.ts';
import { type MasterKey, open } from '../secret/envelope.ts';
import { type Answer, done } from './answer.ts';
import { ended } from './credentials.ts';
import { rejectedRow, versionRow } from './sealed-rows.ts';
import { readSnapshot } from './snapshot.ts';

export interface StateStore {
  db: Kysely<Database>;
  masterKey: MasterKey;
  log: Logger;
}

/** The largest state that is taken if nothing else is said, in bytes. */
export const largestState = 128 * 1024 * 1024;

/** The stack's present state in clear, noted as served to the credential; undefined if there is none. */
export async function serveCurrentVersion(
  { db, masterKey }: StateStore,
  credential: StateCredential,
): Promise<{ version: StateVersion; bytes: Buffer } | undefined> {
  const version = await findCurrentVersion(db, credential.stackId);
  const bytes = version && open(masterKey, await readVersionBytes(db, version.id), contexts.stateVersion(version.id));
  // Noted before the engine has it: a reply without the note would be a plan of unknown origin.
  await recordServedVersion(db, credential.tokenSha256, version?.id ?? null);
  return version && bytes && { version, bytes };
}

interface Write {
  credential: StateCredential;
  bytes: Buffer;
  /** The `ID` of the request's query. */
  lockId: string | undefined;
}

/**
 * Adds a version, or refuses and keeps the bytes aside. Accepted is what continues the present state: the same lineage,
 * a higher serial, written under the run's own lock. The same serial with the same bytes is a repetition after a lost
 * reply, and a success.
 */
export async function saveVersion(store: StateStore, write: Write): Promise<Answer> {
  const { credential, bytes } = write;
  const read = readSnapshot(bytes);
  if (!read.ok) return { status: 400, text: read.why };
  const row = versionRow(store.masterKey, credential.stackId, { bytes, snapshot: read.snapshot });
  const refusal = await transactDurably(store.db, async (trx) => {
    const verdict = await judge(trx, write, row);
    if (verdict !== 'new') return verdict === 'repeated' ? undefined : verdict;
    await insertVersion(trx, { ...row, run_id: credential.runId, created_by: credential.person });
    reach('before_state_commit', credential.runNumber);
    return undefined;
  });
  reach('after_state_commit', credential.runNumber);
  if (refusal) return keepAside(store, write, refusal);
  store.log.info({ ...ofRun(credential), serial: row.serial, bytes: bytes.length }, 'state saved');
  return done;
}

/** Under locks that hold until the transaction ends: the stack's row, the credential's, the state lock's. */
async function judge(
  trx: Transaction<Database>,
  { credential, lockId }: Write,
  written: Pick<StateVersion, 'serial' | 'lineage' | 'md5'>,
): Promise<'new' | 'repeated' | Answer> {
  await shareStack(trx, credential.stackId);
  if (!(await isStillValid(trx, credential.tokenSha256))) return ended(credential);
  const held = await lockStateLock(trx, credential.stackId);
  const locked = lockRefusal(held, { credential, lockId });
  if (locked) return { status: 423, text: locked };
  const current = await findCurrentVersion(trx, credential.stackId);
  if (!current) return 'new';
  const [serial, present] = [BigInt(written.serial), BigInt(current.serial)];
  if (written.lineage !== current.lineage) {
    return conflict(`its lineage is ${written.lineage}, and the stack's state is of lineage ${current.lineage}`);
  }
  if (serial === present && written.md5 === current.md5) return 'repeated';
  if (serial > present) return 'new';
  const what = serial === present ? 'with other content is the present state' : `is older than the present ${present}`;
  return conflict(`serial ${serial} ${what}`);
}

function lockRefusal(
  held: { lock_id: string; run_id: string | null } | undefined,
  { credential, lockId }: Pick<Write, 'credential' | 'lockId'>,
): string | undefined {
  if (!lockId) return 'A state is saved under the lock only, and the request names none (?ID=…).';
  if (!held) return `A state is saved under the lock only, and nobody holds it; the request names ${shown(lockId)}.`;
  if (held.lock_id === lockId && held.run_id === credential.runId) return undefined;
  return `The state is locked by ${held.lock_id} of run ${held.run_id}; the request names ${shown(lockId)}.`;
}

/** A run that goes wrong may write again and again; what it left first and most is enough to recover from. */
const keptPerRun = 50;

/** A refused write may be the only record of what the engine has made. It never becomes the state by itself. */
async function keepAside(store: StateStore, write: Write, refusal: Answer): Promise<Answer> {
  const { credential, bytes } = write;
  const facts = { ...ofRun(credential), stackId: credential.stackId, reason: refusal.text, bytes: bytes.length };
  if ((await countRejectedStates(store.db, credential.runId)) >= keptPerRun) {
    store.log.error(facts, `a state write was refused and not kept: the run has left ${keptPerRun} already`);
    return { ...refusal, text: `${refusal.text} It was not kept aside: this run has left ${keptPerRun} already.` };
  }
  const { stackId, runId } = credential;
  const row = rejectedRow(store.masterKey, { stackId, runId, bytes, reason: refusal.text });
  await insertRejectedState(store.db, row);
  store.log.warn({ ...facts, rejectedStateId: row.id }, 'a state write was refused and kept aside');
  return { ...refusal, text: `${refusal.text} What was sent is kept aside as ${row.id}.` };
}

/** By which the log's lines about a run are found. */
function ofRun({ runNumber, runId }: StateCredential) {
  return { run: runNumber, runId };
}

function conflict(why: string): Answer {
  return { status: 409, text: `The state was not saved: ${why}.` };
}

function shown(lockId: string): string {
  return JSON.stringify(lockId.slice(0, 100));
}
