import { type Kysely, sql } from 'kysely';
import type { Engine, RunStatus, RunType } from '../run/status.ts';
import type { ConfigError, Database } from './schema.ts';

/** A stack as the list of stacks shows it. */
export interface ListedStack {
  id: string;
  repository_id: number;
  name: string;
  path: string;
  owner: string;
  repository: string;
  removed: boolean;
  /** What zenfra.yml asks for. */
  wanted_engine: Engine | null;
  wanted_version: string | null;
  last_id: string | null;
  last_number: number | null;
  last_status: RunStatus | null;
  last_created_at: Date | null;
  engine: Engine | null;
  engine_version: string | null;
  waiting_id: string | null;
  waiting_number: number | null;
  waiting_type: RunType | null;
  waiting_title: string | null;
  waiting_since: Date | null;
  add_count: number | null;
  change_count: number | null;
  destroy_count: number | null;
  /** What the stack's definition says of who may approve: for `policyOf`. Null where no run waits. */
  waiting_policy: unknown;
}

/** Stacks of some repositories, with their newest run and the one that waits for a person, those first. At most 1,000. */
export async function listStacksForPage(db: Kysely<Database>, repositoryIds: number[]): Promise<ListedStack[]> {
  const { rows } = await sql<ListedStack>`
    select stack.id, stack.repository_id, stack.name, stack.path, repository.owner, repository.name as repository,
           stack.removed_at is not null as removed,
           stack.definition->>'engine' as wanted_engine, stack.definition->>'version' as wanted_version,
           last.id as last_id, last.number as last_number, last.status as last_status, last.created_at as last_created_at,
           last.engine, last.engine_version,
           waiting.id as waiting_id, waiting.number as waiting_number, waiting.type as waiting_type, waiting.commit_title as waiting_title,
           waiting.status_since as waiting_since, waiting.add_count, waiting.change_count, waiting.destroy_count,
           case when waiting.id is not null then
             jsonb_build_object('approval', stack.definition->'approval', 'protectDestroy', stack.definition->'protectDestroy')
           end as waiting_policy
    from stacks stack
    join repositories repository on repository.id = stack.repository_id
    left join lateral (
      select * from runs where stack_id = stack.id order by number desc limit 1
    ) last on true
    left join lateral (
      select * from runs where stack_id = stack.id and status = 'unconfirmed' order by number limit 1
    ) waiting on true
    where stack.repository_id = any (${repositoryIds})
    order by stack.removed_at is not null, waiting.id is null, waiting.status_since, repository.owner, repository.name, stack.name
    limit 1000`.execute(db);
  return rows;
}

/** Repositories whose zenfra.yml cannot be used at present. */
export async function listConfigMistakes(
  db: Kysely<Database>,
  repositoryIds: number[],
): Promise<{ owner: string; name: string; config_error: ConfigError }[]> {
  const rows = await db
    .selectFrom('repositories')
    .select(['owner', 'name', 'config_error'])
    .where('config_error', 'is not', null)
    .where('removed_at', 'is', null)
    .where('id', '=', sql<number>`any (${repositoryIds})`)
    .orderBy('owner')
    .orderBy('name')
    .limit(50)
    .execute();
  return rows.flatMap((row) => (row.config_error ? [{ ...row, config_error: row.config_error }] : []));
}
