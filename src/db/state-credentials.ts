import { createHash, randomBytes } from 'node:crypto';
import { type Kysely, sql, type Transaction } from 'kysely';
import { contexts } from '../secret/contexts.ts';
import { type MasterKey, open, seal } from '../secret/envelope.ts';
import type { Database } from './schema.ts';

type Db = Kysely<Database> | Transaction<Database>;

/** What a token opens, and whether it still does. */
export interface StateCredential {
  tokenSha256: string;
  runId: string;
  runNumber: number;
  stackId: string;
  access: 'read' | 'write';
  revoked: boolean;
  /** The person on whose word the run changes things. */
  person: string;
}

/**
 * A new token for one execution of one run; it is known by its hash, and kept sealed for `listStackTokens`. The run's
 * earlier read tokens end with it (each attempt at a plan has its own); a write token never ends before its outcome is
 * recorded.
 */
export async function issueStateCredential(
  trx: Transaction<Database>,
  credential: { runId: string; stackId: string; access: 'read' | 'write'; masterKey: MasterKey },
): Promise<{ username: string; password: string }> {
  const { runId, stackId, access, masterKey } = credential;
  const password = randomBytes(32).toString('base64url');
  const hash = hashToken(password);
  await trx
    .updateTable('state_credentials')
    .set({ revoked_at: sql<Date>`clock_timestamp()` })
    .where('run_id', '=', runId)
    .where('access', '=', 'read')
    .where('revoked_at', 'is', null)
    .execute();
  await trx
    .insertInto('state_credentials')
    .values({
      token_sha256: hash,
      token: seal(masterKey, Buffer.from(password), contexts.stateCredential(hash)),
      run_id: runId,
      stack_id: stackId,
      access,
      created_at: sql<Date>`clock_timestamp()`,
    })
    .execute();
  return { username: runId, password };
}

/**
 * The newest tokens that engines of the stack have or had, to be masked in what they print: what a configuration makes of
 * one goes into its plan and its state, and is printed by the runs after it. Those of later runs do not count, so that whoever takes an
 * apply over hides the same.
 */
export async function listStackTokens(
  db: Db,
  masterKey: MasterKey,
  run: { stack_id: string; number: number },
): Promise<string[]> {
  const rows = await db
    .selectFrom('state_credentials as credential')
    .innerJoin('runs', 'runs.id', 'credential.run_id')
    .select(['token_sha256', 'token'])
    .where('credential.stack_id', '=', run.stack_id)
    .where('runs.number', '<=', run.number)
    .orderBy('credential.created_at', 'desc')
    .limit(mostTokens)
    .execute();
  return rows.flatMap(({ token_sha256: hash, token }) =>
    token === null ? [] : [open(masterKey, token, contexts.stateCredential(hash)).toString()],
  );
}

/** Older ones have opened nothing for long, and each takes time and memory to be looked for. */
const mostTokens = 20;

/** Part of recording a run's end: from then on nothing it does may change the state. */
export async function revokeStateCredentials(trx: Transaction<Database>, runId: string): Promise<void> {
  await trx
    .updateTable('state_credentials')
    .set({ revoked_at: sql<Date>`clock_timestamp()` })
    .where('run_id', '=', runId)
    .where('revoked_at', 'is', null)
    .execute();
}

export async function findStateCredential(db: Db, password: string): Promise<StateCredential | undefined> {
  return db
    .selectFrom('state_credentials as credential')
    .innerJoin('runs', 'runs.id', 'credential.run_id')
    .select([
      'credential.token_sha256 as tokenSha256',
      'credential.run_id as runId',
      'runs.number as runNumber',
      'credential.stack_id as stackId',
      'credential.access',
      sql<boolean>`credential.revoked_at is not null`.as('revoked'),
      sql<string>`coalesce(runs.approved_by, runs.triggered_by)`.as('person'),
    ])
    .where('token_sha256', '=', hashToken(password))
    .executeTakeFirst();
}

/** As `findStateCredential` by the hash, and holds its row: what ends the token waits for this transaction, or has been before it. */
export async function isStillValid(trx: Transaction<Database>, tokenSha256: string): Promise<boolean> {
  const row = await trx
    .selectFrom('state_credentials')
    .select('revoked_at')
    .where('token_sha256', '=', tokenSha256)
    .forShare()
    .executeTakeFirst();
  return row !== undefined && row.revoked_at === null;
}

/** Notes which state the engine was given: the plan it makes belongs to that. Null is "there is none". */
export async function recordServedVersion(db: Db, tokenSha256: string, versionId: string | null): Promise<void> {
  await db
    .updateTable('state_credentials')
    .set({ served_version_id: versionId, served_at: sql<Date>`clock_timestamp()` })
    .where('token_sha256', '=', tokenSha256)
    .execute();
}

/**
 * The state version that the run's latest execution was given, null if there was no state. Throws if it never asked:
 * its plan was then made from something that is not ours.
 */
export async function readServedVersion(db: Db, runId: string): Promise<string | null> {
  const latest = await db
    .selectFrom('state_credentials')
    .select(['served_version_id', 'served_at'])
    .where('run_id', '=', runId)
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!latest?.served_at) {
    throw new Error(`Run ${runId} has planned without reading its stack's state from us`);
  }
  return latest.served_version_id;
}

function hashToken(password: string): string {
  return createHash('sha256').update(password).digest('hex');
}
