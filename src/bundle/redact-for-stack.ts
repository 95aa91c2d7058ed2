import { listBundlesInForce } from '../db/bundles.ts';
import { listVersionIdsOfStack } from '../db/page-bundles.ts';
import { getStack } from '../db/stacks.ts';
import { listStackTokens } from '../db/state-credentials.ts';
import { type Redaction, redactionOf } from '../secret/redact.ts';
import { secretsOf } from './for-run.ts';
import { type BundleStore, openContents } from './store.ts';

/** A state may hold what was secret long ago; further back than this, nobody looks for it. */
const mostVersions = 20;
/** Characters of former secrets: a key that was renewed twenty times is among them, not twenty times all a bundle may hold. */
const mostFormer = 300_000;

/** Hides what a stack's bundles keep secret, now and in the versions that its last runs had. */
export async function redactionForStack(store: BundleStore, stackId: string): Promise<Redaction> {
  return redactionOf(await listSecretsOfStack(store, { stack_id: stackId, number: lastNumber }));
}

const lastNumber = 2 ** 31 - 1;

/**
 * What is not to be seen of a stack up to a run: what its bundles keep secret, now and in the versions that its last
 * runs had, and what opened its state.
 */
export async function listSecretsOfStack(
  { db, masterKey }: BundleStore,
  run: { stack_id: string; number: number },
): Promise<string[]> {
  const now = await listBundlesInForce(db, await getStack(db, run.stack_id));
  const earlier = await listVersionIdsOfStack(db, run.stack_id, mostVersions);
  const ids = [...new Set([...now.map(({ versionId }) => versionId), ...earlier])];
  const secrets = new Set(await listStackTokens(db, masterKey, run));
  let left = mostFormer;
  for (const [index, id] of ids.entries()) {
    for (const secret of secretsOf(await openContents(db, masterKey, id))) {
      const cost = index < now.length || secrets.has(secret) ? 0 : secret.length;
      if (cost > left) continue;
      left -= cost;
      secrets.add(secret);
    }
  }
  return [...secrets];
}
