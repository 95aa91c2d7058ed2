import type { Transaction } from 'kysely';
import { listBundlesInForce, listRunBundles, type RunBundle, recordRunBundles } from '../db/bundles.ts';
import type { Run } from '../db/runs.ts';
import type { Database } from '../db/schema.ts';
import type { Stack } from '../db/stacks.ts';
import type { MasterKey } from '../secret/envelope.ts';
import { choose, type Ranked } from './combine.ts';
import type { BundleContents } from './contents.ts';
import { openContents } from './store.ts';

/** What one execution of a run is given. */
export interface RunConfiguration {
  environment: Record<string, string>;
  files: { path: string; content: string }[];
  /** Of all its bundles, those of the other execution too: a plan may show what an apply left in the state. */
  secrets: string[];
  bytes: number;
}

/** For a plan: the versions in force now, which are noted on the run. */
export async function takeBundles(trx: Transaction<Database>, run: Run, stack: Stack): Promise<RunBundle[]> {
  const inForce = (await isOfFork(trx, run)) ? [] : await listBundlesInForce(trx, stack);
  await recordRunBundles(trx, run.id, inForce);
  return inForce;
}

/** For an apply: the versions that the plan was made and approved with, whatever has changed since. */
export async function adoptBundles(trx: Transaction<Database>, run: Run, planRunId: string): Promise<RunBundle[]> {
  const planned = await listRunBundles(trx, planRunId);
  if (planRunId !== run.id) await recordRunBundles(trx, run.id, planned);
  return planned;
}

export async function configurationOf(
  trx: Transaction<Database>,
  masterKey: MasterKey,
  { bundles, execution }: { bundles: RunBundle[]; execution: 'planning' | 'applying' },
): Promise<RunConfiguration> {
  const opened: { name: string; contents: BundleContents }[] = [];
  for (const { name, versionId } of bundles)
    opened.push({ name, contents: await openContents(trx, masterKey, versionId) });
  const variables = opened.flatMap(({ name, contents }) =>
    contents.variables.map((item): Ranked<typeof item> => ({ bundle: name, name: item.key, item })),
  );
  const files = opened.flatMap(({ name, contents }) =>
    contents.files.map((item): Ranked<typeof item> => ({ bundle: name, name: item.path, item })),
  );
  return {
    environment: Object.fromEntries(choose(variables, execution).map(({ name, item }) => [name, item.value])),
    files: choose(files, execution).map(({ name, item }) => ({ path: name, content: item.content })),
    secrets: opened.flatMap(({ contents }) => secretsOf(contents)),
    bytes: bundles.reduce((sum, { size }) => sum + size, 0),
  };
}

export function secretsOf({ variables, files }: BundleContents): string[] {
  return [
    ...variables.filter((one) => one.secret).map((one) => one.value),
    ...files.filter((one) => one.secret).map((one) => one.content),
  ];
}

/**
 * Whether the run plans code of somebody who may not even write to the repository: it gets nothing of its configuration
 * and nothing of its state. What was merged is the repository's own.
 */
export async function isOfFork(trx: Transaction<Database>, run: Run): Promise<boolean> {
  if (run.type !== 'plan_only' || run.pull_request_number === null) return false;
  const pull = await trx
    .selectFrom('pull_requests')
    .select('fork')
    .where('repository_id', '=', run.repository_id)
    .where('number', '=', run.pull_request_number)
    .executeTakeFirst();
  return pull?.fork ?? false;
}
