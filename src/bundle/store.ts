import { randomUUID } from 'node:crypto';
import type { Kysely, Transaction } from 'kysely';
import {
  type BundleVersion,
  findNewestBundleVersion,
  insertBundleVersion,
  lockBundle,
  readBundleContents,
} from '../db/bundles.ts';
import type { Database } from '../db/schema.ts';
import { toJsonb } from '../db/to-jsonb.ts';
import { transact } from '../db/transact.ts';
import { contexts } from '../secret/contexts.ts';
import { type MasterKey, open, seal } from '../secret/envelope.ts';
import { changesBetween } from './changes.ts';
import { problemsOf } from './check.ts';
import { type BundleContents, inOrder, outlineOf } from './contents.ts';

/** Where bundles are, and the key to what is in them. */
export interface BundleStore {
  db: Kysely<Database>;
  masterKey: MasterKey;
}

type Db = Kysely<Database> | Transaction<Database>;

/** `overtaken`: there is a newer version than the one that the form showed. */
type Saved = { ok: true; number: number } | { ok: false; problems: string[]; overtaken: boolean };

/** What a version holds, secrets in clear. */
export async function openContents(db: Db, masterKey: MasterKey, versionId: string): Promise<BundleContents> {
  const sealed = await readBundleContents(db, versionId);
  return JSON.parse(open(masterKey, sealed, contexts.bundleVersion(versionId)).toString()) as BundleContents;
}

/**
 * Adds a version to a bundle. `from`: the number of the version that the form showed; if there is another by now, or
 * something is wrong with the contents, nothing is written and the sentences say why.
 */
export async function saveVersion(
  store: BundleStore,
  wanted: { bundleId: string; from: number; contents: BundleContents; user: string },
): Promise<Saved> {
  return transact(store.db, async (trx) => {
    if (!(await lockBundle(trx, wanted.bundleId))) return refused('This bundle was removed.');
    const newest = await findNewestBundleVersion(trx, wanted.bundleId);
    if ((newest?.number ?? 0) !== wanted.from) return { ...refused(overtaken(newest)), overtaken: true };
    const problems = problemsOf(wanted.contents);
    if (problems.length > 0) return refused(...problems);
    const before = newest ? await openContents(trx, store.masterKey, newest.id) : { variables: [], files: [] };
    const contents = inOrder(wanted.contents);
    const changes = changesBetween(before, contents);
    if (changes.length === 0) return { ok: true, number: wanted.from };
    const id = randomUUID();
    const bytes = Buffer.from(JSON.stringify(contents));
    const number = wanted.from + 1;
    await insertBundleVersion(trx, {
      ...{ id, bundle_id: wanted.bundleId, number, created_by: wanted.user },
      contents: seal(store.masterKey, bytes, contexts.bundleVersion(id)),
      // An empty bundle is nothing that would have to be loaded.
      size: contents.variables.length + contents.files.length === 0 ? 0 : bytes.length,
      outline: toJsonb(outlineOf(contents)),
      changes: toJsonb(changes),
    });
    return { ok: true, number };
  });
}

function refused(...problems: string[]) {
  return { ok: false as const, problems, overtaken: false };
}

function overtaken(newest: BundleVersion | undefined): string {
  const who = newest ? `${newest.created_by} has saved version ${newest.number}` : 'it was changed';
  return `While this form was open, ${who}. Nothing was changed. Look at what is there now, and change that.`;
}
