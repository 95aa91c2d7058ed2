import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { sql, type Transaction } from 'kysely';
import { moveAttachments } from '../db/bundles.ts';
import { renameAffected } from '../db/pull-requests.ts';
import { getRepository, lockRepository, type Repository, setConfigRead } from '../db/repositories.ts';
import { listLiveRuns, ordered } from '../db/runs.ts';
import type { ConfigError, Database } from '../db/schema.ts';
import { holdsResources, listStacks, type Stack } from '../db/stacks.ts';
import { toJsonb } from '../db/to-jsonb.ts';
import { transact } from '../db/transact.ts';
import { findBranchHead } from '../github/contents.ts';
import { type GitHub, refOf } from '../github/github.ts';
import { advanceIn } from '../queue/advance.ts';
import { supersededByPush } from '../run/order.ts';
import { shortSha } from '../run/short-sha.ts';
import type { StackDefinition, ZenfraConfig } from '../stack/definition.ts';
import { type KnownStack, planStackChanges } from '../stack/rename.ts';
import type { TriggerDeps } from './deps.ts';
import { configFile, type ReadConfig, readConfigAt } from './read-config-at.ts';

interface InForce {
  stacks: Stack[];
  error: ConfigError | null;
  discovers: boolean;
  /** The commit that was read last. */
  sha: string | null;
}

/**
 * Brings the stacks to what zenfra.yml says on the default branch, if that has moved since it was read last. A file
 * that cannot be used leaves the stacks of the last good one in force. Returns what is in force.
 */
export async function syncStacks(deps: TriggerDeps, repository: Repository): Promise<InForce> {
  const head = await findBranchHead(deps.github, refOf(repository), repository.default_branch);
  if (!head || head.sha === repository.config_sha) return inForce(deps, repository);
  const now = await readAndStore(deps, repository, head.sha);
  const isSettled = now.config_sha === head.sha && now.default_branch === repository.default_branch;
  return isSettled ? inForce(deps, now) : syncStacks(deps, now);
}

async function inForce({ db }: TriggerDeps, repository: Repository): Promise<InForce> {
  const { config_error: error, config_sha: sha, discovers } = repository;
  return { stacks: await listStacks(db, repository.id), error, discovers, sha };
}

/**
 * Returns the repository as it is then. Where another reading was stored meanwhile, this one is dropped: it may be of an
 * older commit, whose rights would be in force again until somebody looks.
 */
async function readAndStore(deps: TriggerDeps, repository: Repository, sha: string): Promise<Repository> {
  const read = await readOnce(deps, repository, sha);
  return transact(deps.db, async (trx) => {
    const now = await lockRepository(trx, repository.id);
    if (now.config_sha !== repository.config_sha || now.default_branch !== repository.default_branch) return now;
    const refusal = 'config' in read ? await storeStacks(trx, repository, { ...read, sha }) : null;
    if ('config' in read) await grantDefaults(trx, repository.id, read.config.defaultRights);
    const error = 'error' in read ? read.error : refusal;
    await setConfigRead(trx, repository.id, {
      sha,
      error,
      ...('config' in read ? { said: saidBy(read.config) } : {}),
    });
    return getRepository(trx, repository.id);
  });
}

/** Stacks that only pull requests have are granted what the defaults grant now. */
async function grantDefaults(
  trx: Transaction<Database>,
  repositoryId: number,
  { state, ...granted }: ZenfraConfig['defaultRights'],
): Promise<void> {
  const rights = toJsonb(granted);
  await trx
    .updateTable('stacks')
    .set({ definition: sql`definition || ${rights}::jsonb` })
    .where('repository_id', '=', repositoryId)
    .where('pull_request_number', 'is not', null)
    .where(sql<boolean>`definition || ${rights}::jsonb <> definition`)
    .execute();
}

function saidBy({ comments, defaultRights, discover }: ZenfraConfig) {
  return { comment_detail: comments.detail, default_rights: defaultRights, discovers: discover !== null };
}

type Read = ReturnType<typeof readConfigAt>;

const underWay = new WeakMap<GitHub, Map<string, Read>>();

/** Several webhooks of one push come at the same time: they share one reading, which is many calls for a new repository. */
function readOnce(deps: TriggerDeps, repository: Repository, sha: string): Read {
  const readings = underWay.get(deps.github) ?? new Map<string, Read>();
  underWay.set(deps.github, readings);
  const key = `${repository.id} ${sha}`;
  const reading = readings.get(key) ?? readConfigAt(deps, repository, sha).finally(() => readings.delete(key));
  readings.set(key, reading);
  return reading;
}

/** Writes the bookkeeping that a new configuration asks for. Stacks it may not touch are told as an error; the others go on. */
async function storeStacks(
  trx: Transaction<Database>,
  repository: Repository,
  { config, sources, sha }: ReadConfig & { sha: string },
): Promise<ConfigError | null> {
  const known = await readKnown(trx, repository.id);
  const changes = planStackChanges(known, config.stacks);
  const row = (definition: StackDefinition) => ({
    name: definition.name,
    path: definition.path,
    branch: definition.branch ?? repository.default_branch,
    definition: toJsonb(definition),
    sources: toJsonb({ sha, ...sources.get(definition.name) }),
    pull_request_number: null,
    removed_at: null,
  });
  for (const name of changes.remove) {
    await update(trx, repository.id, name, { removed_at: new Date() });
    await endRunsOf(trx, repository.id, { name, by: shortSha(sha) });
  }
  for (const { from, to } of changes.rename) {
    await update(trx, repository.id, from, row(to));
    await moveAttachments(trx, { repositoryId: repository.id, from, to: to.name });
    await renameAffected(trx, { repositoryId: repository.id, from, to: to.name });
  }
  const before = new Map(known.map((stack) => [stack.name, stack]));
  for (const definition of changes.update) {
    const now = row(definition);
    if (isUnchanged(before.get(definition.name), now)) continue;
    await update(trx, repository.id, definition.name, now);
  }
  for (const definition of changes.insert) {
    await trx
      .insertInto('stacks')
      .values({ id: randomUUID(), repository_id: repository.id, ...row(definition) })
      .execute();
  }
  const refusal = changes.refusals[0];
  return refusal ? { file: configFile, line: null, column: null, message: refusal.message } : null;
}

/**
 * A stack that is gone from the file: what was planned of it for the branch is not what the branch says any more, and no
 * push will come to say so. As with a push, a run that applies goes on, and so does one of an approved plan.
 */
async function endRunsOf(
  trx: Transaction<Database>,
  repositoryId: number,
  { name, by }: { name: string; by: string },
): Promise<void> {
  const stack = await trx
    .selectFrom('stacks')
    .select('id')
    .where('repository_id', '=', repositoryId)
    .where('name', '=', name)
    .executeTakeFirstOrThrow();
  const live = await listLiveRuns(trx, stack.id);
  for (const { id } of supersededByPush(live.map(ordered)))
    await advanceIn(trx, { runId: id, event: { type: 'superseded', by }, actor: 'zenfra' });
}

/**
 * A row that is left alone needs no lock: pushes are many, and most leave most stacks as they were. Where the lines have
 * not moved either, the commit they were noted at shows them as well as the present one.
 */
function isUnchanged(
  known: Recorded | undefined,
  row: { branch: string; definition: string; sources: string },
): boolean {
  if (!known || known.removed || known.ofPullRequest || known.branch !== row.branch) return false;
  const sources = { ...JSON.parse(row.sources), sha: known.sources?.sha };
  return isDeepStrictEqual(known.definition, JSON.parse(row.definition)) && isDeepStrictEqual(known.sources, sources);
}

async function update(trx: Transaction<Database>, repositoryId: number, name: string, columns: object): Promise<void> {
  await trx
    .updateTable('stacks')
    .set(columns)
    .where('repository_id', '=', repositoryId)
    .where('name', '=', name)
    .execute();
}

interface Recorded extends KnownStack {
  branch: string;
  definition: unknown;
  sources: Stack['sources'];
  ofPullRequest: boolean;
}

async function readKnown(trx: Transaction<Database>, repositoryId: number): Promise<Recorded[]> {
  const rows = await trx
    .selectFrom('stacks')
    .select((eb) => [
      'name',
      'path',
      'definition',
      'removed_at',
      'branch',
      'sources',
      'pull_request_number',
      holdsResources(eb).as('has_state'),
      eb
        .exists(
          eb
            .selectFrom('pull_requests')
            .select('number')
            .whereRef('pull_requests.repository_id', '=', 'stacks.repository_id')
            .whereRef('pull_requests.number', '=', 'stacks.pull_request_number')
            .where('state', '=', 'open'),
        )
        .as('brought'),
    ])
    .where('repository_id', '=', repositoryId)
    .orderBy('name')
    .execute();
  return rows.map((row) => ({
    name: row.name,
    path: row.path,
    varFiles: (row.definition as StackDefinition).varFiles,
    hasState: Boolean(row.has_state),
    removed: row.removed_at !== null,
    brought: Boolean(row.brought),
    branch: row.branch,
    definition: row.definition,
    sources: row.sources,
    ofPullRequest: row.pull_request_number !== null,
  }));
}
