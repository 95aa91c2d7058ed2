import { type Kysely, sql } from 'kysely';
import type { Engine, RunStatus } from '../run/status.ts';
import type { Database } from './schema.ts';

/** A stack as its own page shows it. */
export interface PageStack {
  id: string;
  repository_id: number;
  name: string;
  path: string;
  branch: string;
  owner: string;
  repository: string;
  removed: boolean;
  pull_request_number: number | null;
  wanted_engine: Engine | null;
  wanted_version: string | null;
  /** The repository's own backend keeps the state. */
  external: boolean;
  definition: unknown;
  last_status: RunStatus | null;
  engine: Engine | null;
  engine_version: string | null;
  /** Whether a run of it has not ended. */
  active: boolean;
}

export async function findPageStack(db: Kysely<Database>, id: string): Promise<PageStack | undefined> {
  const { rows } = await sql<PageStack>`
    select stack.id, stack.repository_id, stack.name, stack.path, stack.branch, repository.owner,
           repository.name as repository, stack.removed_at is not null as removed, stack.pull_request_number,
           stack.definition->>'engine' as wanted_engine, stack.definition->>'version' as wanted_version,
           coalesce(stack.definition->>'state', 'managed') = 'external' as external, stack.definition,
           last.status as last_status, last.engine, last.engine_version,
           exists (select from runs where stack_id = stack.id and status not in ('finished', 'failed', 'discarded', 'canceled')) as active
    from stacks stack
    join repositories repository on repository.id = stack.repository_id
    left join lateral (
      select status, engine, engine_version from runs where stack_id = stack.id order by number desc limit 1
    ) last on true
    where stack.id = ${id}`.execute(db);
  return rows[0];
}
