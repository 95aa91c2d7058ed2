import type { Kysely, Transaction } from 'kysely';
import type { Database } from './schema.ts';

type Db = Kysely<Database> | Transaction<Database>;

interface Pushed {
  repositoryId: number;
  commit: string;
}

/** Notes who pushed a commit: a run may be made of it much later, by somebody else, or not at all. */
export async function notePusher(db: Db, { repositoryId, commit, login }: Pushed & { login: string }): Promise<void> {
  await db
    .insertInto('commit_pushers')
    .values({ repository_id: repositoryId, commit_sha: commit, login })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Logins, as far as their webhooks came. */
export async function listPushers(db: Db, { repositoryId, commit }: Pushed): Promise<string[]> {
  const rows = await db
    .selectFrom('commit_pushers')
    .select('login')
    .where('repository_id', '=', repositoryId)
    .where('commit_sha', '=', commit)
    .orderBy('login')
    .execute();
  return rows.map(({ login }) => login);
}
