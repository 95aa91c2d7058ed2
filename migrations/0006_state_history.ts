import { type Kysely, sql } from 'kysely';

/**
 * Where a state version comes from (a run's save, an import, a roll-back) and, of a roll-back, whose content it has.
 * Where each setting of a stack stands in zenfra.yml; forgetting which commit was read makes the next event read the
 * file again and note it.
 */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`alter table state_versions
    add column origin text not null default 'run' constraint state_versions_origin_is_known
      check (origin in ('run', 'import', 'roll_back')),
    add column copy_of uuid references state_versions (id)`.execute(db);
  await sql`create index rejected_states_by_stack on rejected_states (stack_id, created_at desc)`.execute(db);
  await sql`alter table stacks add column sources jsonb`.execute(db);
  await sql`update repositories set config_sha = null`.execute(db);
}
