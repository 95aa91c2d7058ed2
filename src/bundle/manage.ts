import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { isConstraintViolation } from '../db/violations.ts';
import { refuseName } from './check.ts';
import type { BundleStore } from './store.ts';

export type Managed = { ok: true; id: string } | { ok: false; why: string };

/** Makes an empty bundle of a repository; it gives nothing before it has a version and is attached. */
export async function createBundle(
  { db }: Pick<BundleStore, 'db'>,
  wanted: { repositoryId: number; name: string; description: string; user: string },
): Promise<Managed> {
  const { repositoryId, name, description, user } = wanted;
  const why = refuseName(name);
  if (why !== null) return { ok: false, why };
  if (description.includes('\0'))
    return { ok: false, why: 'The description has a NUL character. Nothing was made. Type it again without.' };
  const id = randomUUID();
  try {
    await db
      .insertInto('bundles')
      .values({ id, repository_id: repositoryId, name, description: description.slice(0, 500), created_by: user })
      .execute();
    return { ok: true, id };
  } catch (error) {
    if (!isConstraintViolation(error, 'bundles_have_a_name_of_their_own')) throw error;
    return { ok: false, why: `This repository has a bundle ${name} already. Choose another name, or change that one.` };
  }
}

/** Stacks do not get it any more; its versions stay, because runs had them. */
export async function removeBundle({ db }: Pick<BundleStore, 'db'>, id: string, user: string): Promise<void> {
  await db
    .updateTable('bundles')
    .set({ removed_at: sql<Date>`clock_timestamp()`, removed_by: user })
    .where('id', '=', id)
    .where('removed_at', 'is', null)
    .execute();
}

/** Gives a bundle to the stack of that name, or to all stacks with that label; made again, its priority is changed. */
export async function attachBundle(
  { db }: Pick<BundleStore, 'db'>,
  wanted: { bundleId: string; to: 'stack' | 'label'; name: string; priority: number; user: string },
): Promise<Managed> {
  const { bundleId, to, name, priority, user } = wanted;
  const why = refuseName(name);
  if (why !== null) return { ok: false, why };
  if (!Number.isInteger(priority) || priority < 0 || priority > 1000)
    return { ok: false, why: 'A priority is a whole number from 0 to 1000. The higher one prevails.' };
  await db
    .insertInto('bundle_attachments')
    .values({
      ...{ bundle_id: bundleId, priority, created_by: user },
      ...(to === 'stack' ? { stack_name: name, label: null } : { stack_name: null, label: name }),
    })
    .onConflict((conflict) => conflict.constraint('bundle_attachments_are_made_once').doUpdateSet({ priority }))
    .execute();
  return { ok: true, id: bundleId };
}

export async function detachBundle(
  { db }: Pick<BundleStore, 'db'>,
  { bundleId, attachmentId }: { bundleId: string; attachmentId: number },
): Promise<void> {
  await db.deleteFrom('bundle_attachments').where('bundle_id', '=', bundleId).where('id', '=', attachmentId).execute();
}
