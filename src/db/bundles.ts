import { type Insertable, type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import { handlesOf, inPrecedence } from '../bundle/combine.ts';
import type { BundleVersionsTable, Database } from './schema.ts';
import type { Stack } from './stacks.ts';

type Db = Kysely<Database> | Transaction<Database>;

/** Without what it holds. */
export type BundleVersion = Omit<Selectable<BundleVersionsTable>, 'contents'>;

const light = ['id', 'bundle_id', 'number', 'size', 'outline', 'changes', 'created_by', 'created_at'] as const;

/** A version as a run has it, in the order of precedence. */
export interface RunBundle {
  bundleId: string;
  name: string;
  versionId: string;
  number: number;
  size: number;
}

/** A bundle that a stack gets, by the attachment that counts. */
export interface BundleInForce extends RunBundle {
  priority: number;
  label: string | null;
}

/** The bundles that a stack gets now, the one that prevails first. One without a version has nothing to give. */
export async function listBundlesInForce(
  db: Db,
  stack: Pick<Stack, 'repository_id' | 'name' | 'definition' | 'pull_request_number'>,
): Promise<BundleInForce[]> {
  const { names, labels } = handlesOf(stack);
  const rows = await db
    .selectFrom('bundle_attachments as attachment')
    .innerJoin('bundles', 'bundles.id', 'attachment.bundle_id')
    .innerJoin('bundle_versions as version', 'version.bundle_id', 'bundles.id')
    .select([
      'bundles.id as bundleId',
      'bundles.name',
      'version.id as versionId',
      'version.number',
      'version.size',
      'attachment.priority',
      'attachment.label',
    ])
    .distinctOn(['attachment.id'])
    .where('bundles.repository_id', '=', stack.repository_id)
    .where('bundles.removed_at', 'is', null)
    .where(({ eb, or, val }) =>
      or([
        eb('attachment.stack_name', '=', sql<string>`any(${val(names)}::text[])`),
        eb('attachment.label', '=', sql<string>`any(${val(labels)}::text[])`),
      ]),
    )
    .orderBy('attachment.id')
    .orderBy('version.number', 'desc')
    .execute();
  return inPrecedence(rows);
}

export async function recordRunBundles(trx: Transaction<Database>, runId: string, bundles: RunBundle[]): Promise<void> {
  await trx.deleteFrom('run_bundles').where('run_id', '=', runId).execute();
  if (bundles.length === 0) return;
  const rows = bundles.map(({ versionId }, position) => ({ run_id: runId, position, bundle_version_id: versionId }));
  await trx.insertInto('run_bundles').values(rows).execute();
}

/** The versions that a run had. */
export async function listRunBundles(db: Db, runId: string): Promise<RunBundle[]> {
  return db
    .selectFrom('run_bundles')
    .innerJoin('bundle_versions as version', 'version.id', 'run_bundles.bundle_version_id')
    .innerJoin('bundles', 'bundles.id', 'version.bundle_id')
    .select(['bundles.id as bundleId', 'bundles.name', 'version.id as versionId', 'version.number', 'version.size'])
    .where('run_bundles.run_id', '=', runId)
    .orderBy('position')
    .execute();
}

/** False for one that was removed, or never was. */
export async function lockBundle(trx: Transaction<Database>, id: string): Promise<boolean> {
  const row = await trx
    .selectFrom('bundles')
    .select('removed_at')
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst();
  return row !== undefined && row.removed_at === null;
}

export async function findNewestBundleVersion(db: Db, bundleId: string): Promise<BundleVersion | undefined> {
  return db
    .selectFrom('bundle_versions')
    .select(light)
    .where('bundle_id', '=', bundleId)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
}

export async function listBundleVersions(db: Db, bundleId: string, most: number): Promise<BundleVersion[]> {
  return db
    .selectFrom('bundle_versions')
    .select(light)
    .where('bundle_id', '=', bundleId)
    .orderBy('number', 'desc')
    .limit(most)
    .execute();
}

/** The sealed contents of a version. */
export async function readBundleContents(db: Db, versionId: string): Promise<Buffer> {
  const row = await db
    .selectFrom('bundle_versions')
    .select('contents')
    .where('id', '=', versionId)
    .executeTakeFirstOrThrow();
  return row.contents;
}

/** Versions are only ever added. */
export async function insertBundleVersion(
  trx: Transaction<Database>,
  version: Insertable<BundleVersionsTable>,
): Promise<void> {
  await trx.insertInto('bundle_versions').values(version).execute();
}

/** A stack was renamed: what was attached to its former name is attached to the new one, where that has it not already. */
export async function moveAttachments(
  trx: Transaction<Database>,
  { repositoryId, from, to }: { repositoryId: number; from: string; to: string },
): Promise<void> {
  const bundles = trx.selectFrom('bundles').select('id').where('repository_id', '=', repositoryId);
  const given = trx.selectFrom('bundle_attachments').select('bundle_id').where('stack_name', '=', to);
  await trx
    .updateTable('bundle_attachments')
    .set({ stack_name: to })
    .where('stack_name', '=', from)
    .where('bundle_id', 'in', bundles)
    .where('bundle_id', 'not in', given)
    .execute();
  await trx.deleteFrom('bundle_attachments').where('stack_name', '=', from).where('bundle_id', 'in', bundles).execute();
}
