import { type Kysely, sql } from 'kysely';
import type { ModuleFile } from '../stack/module-file.ts';
import type { Database } from './schema.ts';
import { toJsonb } from './to-jsonb.ts';

/** What is known of configuration files by the ids of their contents: the same content says the same for ever. */
export async function findModuleFiles(
  db: Kysely<Database>,
  repositoryId: number,
  shas: string[],
): Promise<Map<string, ModuleFile>> {
  const rows = await db
    .selectFrom('module_files')
    .select(['sha', 'says'])
    .where('repository_id', '=', repositoryId)
    .where(sql<boolean>`sha = any(${shas})`)
    .execute();
  return new Map(rows.map(({ sha, says }) => [sha, says]));
}

export async function keepModuleFiles(
  db: Kysely<Database>,
  repositoryId: number,
  files: ReadonlyMap<string, ModuleFile>,
): Promise<void> {
  if (files.size === 0) return;
  const rows = toJsonb([...files].map(([sha, says]) => ({ sha, says })));
  await sql`
    insert into module_files (repository_id, sha, says)
    select ${repositoryId}, file.sha, file.says from jsonb_to_recordset(${rows}::jsonb) as file (sha text, says jsonb)
    on conflict do nothing`.execute(db);
}
