import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { ConfigError, Database, RepositoriesTable } from './schema.ts';
import { toJsonb } from './to-jsonb.ts';

export type Repository = Selectable<RepositoriesTable>;

export interface SeenRepository {
  id: number;
  installationId: number;
  account: string;
  owner: string;
  name: string;
  defaultBranch: string;
  private: boolean;
}

/** Records a repository as a webhook or the API describes it: renames and transfers keep the id. */
export async function upsertRepository(db: Kysely<Database>, seen: SeenRepository): Promise<Repository> {
  await db
    .insertInto('installations')
    .values({ id: seen.installationId, account: seen.account })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ account: seen.account, deleted_at: null }))
    .execute();
  const row = {
    installation_id: seen.installationId,
    owner: seen.owner,
    name: seen.name,
    default_branch: seen.defaultBranch,
    private: seen.private,
    removed_at: null,
  };
  return db
    .insertInto('repositories')
    .values({ id: seen.id, ...row })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ ...row, config_sha: readAgainElsewhere }))
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Another default branch may be at the same commit, and says all the same which branch most stacks are applied from. */
const readAgainElsewhere = sql<string | null>`case
  when repositories.default_branch = excluded.default_branch then repositories.config_sha end`;

export async function findRepository(db: Kysely<Database>, id: number): Promise<Repository | undefined> {
  return db.selectFrom('repositories').selectAll().where('id', '=', id).executeTakeFirst();
}

export async function getRepository(db: Kysely<Database> | Transaction<Database>, id: number): Promise<Repository> {
  return db.selectFrom('repositories').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
}

/** As it is now, and stays until the transaction has ended. */
export async function lockRepository(trx: Transaction<Database>, id: number): Promise<Repository> {
  return trx.selectFrom('repositories').selectAll().where('id', '=', id).forNoKeyUpdate().executeTakeFirstOrThrow();
}

export async function removeRepositories(db: Kysely<Database>, ids: number[]): Promise<void> {
  if (ids.length === 0) return;
  await db.updateTable('repositories').set({ removed_at: new Date() }).where('id', 'in', ids).execute();
}

export async function setConfigRead(
  trx: Transaction<Database>,
  repositoryId: number,
  read: {
    sha: string;
    error: ConfigError | null;
    said?: Pick<Repository, 'comment_detail' | 'default_rights' | 'discovers'>;
  },
): Promise<void> {
  await trx
    .updateTable('repositories')
    .set({
      config_sha: read.sha,
      config_error: read.error && toJsonb(read.error),
      ...(read.said ? { ...read.said, default_rights: toJsonb(read.said.default_rights) } : {}),
    })
    .where('id', '=', repositoryId)
    .execute();
}

/** Those that the App is on, the one that was not looked at for longest first, and only what was not for so long. */
export async function listRepositoriesToLookAt(
  db: Kysely<Database>,
  wanted: { most: number; everySeconds: number },
): Promise<Repository[]> {
  return db
    .selectFrom('repositories')
    .innerJoin('installations', 'installations.id', 'repositories.installation_id')
    .selectAll('repositories')
    .where('removed_at', 'is', null)
    .where('installations.deleted_at', 'is', null)
    .where('installations.suspended_at', 'is', null)
    .where((eb) =>
      eb.or([
        eb('looked_at', 'is', null),
        eb('looked_at', '<', sql<Date>`clock_timestamp() - make_interval(secs => ${wanted.everySeconds})`),
      ]),
    )
    .orderBy('looked_at', (order) => order.asc().nullsFirst())
    .limit(wanted.most)
    .execute();
}

export async function noteLookedAt(db: Kysely<Database>, repositoryId: number): Promise<void> {
  const now = sql<Date>`clock_timestamp()`;
  await db.updateTable('repositories').set({ looked_at: now }).where('id', '=', repositoryId).execute();
}

/** All there ever were, by GitHub's id. */
export async function listRepositories(db: Kysely<Database>): Promise<Repository[]> {
  return db.selectFrom('repositories').selectAll().orderBy('id').execute();
}
