import type { Kysely, Selectable } from 'kysely';
import type { Database, RepositoriesTable, StacksTable } from './schema.ts';

/** What a stack is set to, and where zenfra.yml says so. */
export type StackSettings = Pick<Selectable<StacksTable>, 'definition' | 'sources' | 'pull_request_number'> &
  Pick<Selectable<RepositoriesTable>, 'default_branch' | 'private' | 'config_error' | 'comment_detail'>;

export async function getStackSettings(db: Kysely<Database>, stackId: string): Promise<StackSettings> {
  return db
    .selectFrom('stacks')
    .innerJoin('repositories', 'repositories.id', 'stacks.repository_id')
    .select(['stacks.definition', 'stacks.sources', 'stacks.pull_request_number'])
    .select(['repositories.default_branch', 'repositories.private'])
    .select(['repositories.config_error', 'repositories.comment_detail'])
    .where('stacks.id', '=', stackId)
    .executeTakeFirstOrThrow();
}
