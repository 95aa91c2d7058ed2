import { type Kysely, sql } from 'kysely';
import { answersTo, handlesOf, inPrecedence } from '../bundle/combine.ts';
import type { OutlineItem } from '../bundle/contents.ts';
import type { Database } from './schema.ts';
import type { Stack } from './stacks.ts';

export interface PageBundle {
  id: string;
  repositoryId: number;
  /** `acme/infra`. */
  repository: string;
  name: string;
  description: string;
  removed: boolean;
}

export interface PageBundleRow extends PageBundle {
  /** Null before the first version. */
  number: number | null;
  outline: OutlineItem[] | null;
  changedAt: Date | null;
  changedBy: string | null;
  attachments: PageAttachment[];
}

export interface PageAttachment {
  id: number;
  to: 'stack' | 'label';
  name: string;
  priority: number;
}

/** Bundles of these repositories, with how they stand now. */
export async function listBundlesForPage(db: Kysely<Database>, repositoryIds: number[]): Promise<PageBundleRow[]> {
  const { rows } = await sql<PageBundleRow>`
    select bundle.id, bundle.repository_id as "repositoryId", repository.owner || '/' || repository.name as repository,
           bundle.name, bundle.description, false as removed, version.number, version.outline,
           version.created_at as "changedAt", version.created_by as "changedBy",
           coalesce((select jsonb_agg(jsonb_build_object('id', id, 'to', case when label is null then 'stack' else 'label' end,
                            'name', coalesce(stack_name, label), 'priority', priority) order by priority desc, id)
                     from bundle_attachments where bundle_id = bundle.id), '[]') as attachments
    from bundles bundle
    join repositories repository on repository.id = bundle.repository_id
    left join lateral (select * from bundle_versions where bundle_id = bundle.id order by number desc limit 1) version on true
    where bundle.repository_id = any(${repositoryIds}::bigint[]) and bundle.removed_at is null
    order by repository, bundle.name`.execute(db);
  return rows;
}

export async function findPageBundle(db: Kysely<Database>, id: string): Promise<PageBundle | undefined> {
  return db
    .selectFrom('bundles')
    .innerJoin('repositories', 'repositories.id', 'bundles.repository_id')
    .select(['bundles.id', 'bundles.repository_id as repositoryId', 'bundles.name', 'bundles.description'])
    .select(sql<string>`repositories.owner || '/' || repositories.name`.as('repository'))
    .select(sql<boolean>`bundles.removed_at is not null`.as('removed'))
    .where('bundles.id', '=', id)
    .executeTakeFirst();
}

export async function listAttachments(db: Kysely<Database>, bundleId: string): Promise<PageAttachment[]> {
  const rows = await db
    .selectFrom('bundle_attachments')
    .select(['id', 'stack_name', 'label', 'priority'])
    .where('bundle_id', '=', bundleId)
    .orderBy('priority', 'desc')
    .orderBy('id')
    .execute();
  return rows.map(({ id, stack_name: stack, label, priority }) => ({
    ...{ id, priority, name: stack ?? label ?? '' },
    to: stack === null ? ('label' as const) : ('stack' as const),
  }));
}

/** The stacks of a repository that are in its zenfra.yml, or that a pull request has, with what they answer to. */
export async function listStacksWithHandles(db: Kysely<Database>, repositoryId: number) {
  const rows = await db
    .selectFrom('stacks')
    .select(['id', 'name', 'definition', 'pull_request_number'])
    .where('repository_id', '=', repositoryId)
    .where('removed_at', 'is', null)
    .orderBy('name')
    .execute();
  return rows.map((row) => ({ id: row.id, name: row.name, handles: handlesOf(row) }));
}

/** What a stack gets now, without what is in it: the bundle that prevails first. */
export async function listStackBundles(
  db: Kysely<Database>,
  stack: Pick<Stack, 'repository_id' | 'name' | 'definition' | 'pull_request_number'>,
) {
  const handles = handlesOf(stack);
  const bundles = (await listBundlesForPage(db, [stack.repository_id])).flatMap((bundle) =>
    bundle.attachments
      .filter((attachment) => answersTo(handles, attachment))
      .map((by) => ({ ...bundle, by, priority: by.priority })),
  );
  return inPrecedence(bundles.filter(({ number }) => number !== null));
}

/** The ids of the versions that runs of a stack had last: what was secret in them may be in its state and plans. */
export async function listVersionIdsOfStack(db: Kysely<Database>, stackId: string, most: number): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select had.bundle_version_id as id from run_bundles had join runs run on run.id = had.run_id
    where run.stack_id = ${stackId} group by 1 order by max(run.number) desc limit ${most}`.execute(db);
  return rows.map(({ id }) => id);
}
