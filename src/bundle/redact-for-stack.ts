import { listBundlesInForce } from '../db/bundles.ts';
import { listVersionIdsOfStack } from '../db/page-bundles.ts';
import { getStack } from '../db/stacks.ts';
import { type Redaction, redactionOf } from '../secret/redact.ts';
import { secretsOf } from './for-run.ts';
import { type BundleStore, openContents } from './store.ts';

/** A state may hold what was secret long ago; further back than this, nobody looks for it. */
const mostVersions = 20;

/** Hides what a stack's bundles keep secret, now and in the versions that its last runs had. */
export async function redactionForStack({ db, masterKey }: BundleStore, stackId: string): Promise<Redaction> {
  const now = await listBundlesInForce(db, await getStack(db, stackId));
  const earlier = await listVersionIdsOfStack(db, stackId, mostVersions);
  const ids = [...new Set([...now.map(({ versionId }) => versionId), ...earlier])];
  const contents = await Promise.all(ids.map((id) => openContents(db, masterKey, id)));
  return redactionOf(contents.flatMap(secretsOf));
}
