import { randomUUID } from 'node:crypto';
import type { ExpressionBuilder, OnConflictDatabase } from 'kysely';
import type { Repository } from '../db/repositories.ts';
import type { ConfigError, Database } from '../db/schema.ts';
import { holdsResources, type Stack } from '../db/stacks.ts';
import { toJsonb } from '../db/to-jsonb.ts';
import { refOf } from '../github/github.ts';
import { listChangedPaths, type PullRequestNow } from '../github/pull-requests.ts';
import { changedDefinitions, touchedStacks } from '../stack/affected.ts';
import type { StackDefinition } from '../stack/definition.ts';
import { isModuleFile } from '../stack/module-file.ts';
import type { TriggerDeps } from './deps.ts';
import { grantedTo, type HeadConfig } from './head-config.ts';
import { notesOnHead } from './notes-on-head.ts';
import { configFile, isConfigFile } from './read-config-at.ts';
import { readHeadConfig } from './read-head-config.ts';
import { definitionOf, isMerged } from './stack-row.ts';
import { syncStacks } from './sync-stacks.ts';

export interface AffectedByPullRequest {
  /** Each with the definition to plan with, which for the pull request's own changes comes from its head. */
  affected: { stack: Stack; definition: StackDefinition; because: string }[];
  /** All that go to this base, touched or not. */
  all: StackDefinition[];
  rules: string[];
  notes: string[];
  configError: ConfigError | null;
}

/**
 * The stacks of the pull request's base that it touches. Where it changes zenfra.yml, the paths, globs and engines that
 * it changes are taken from its head, so that a new stack can be planned; which branch a stack tracks, and all else that
 * grants a right, stays as the default branch says. Of a fork nothing is read, as its author is anybody: what it writes
 * into zenfra.yml must not become a row of ours.
 */
export async function affectedByPullRequest(
  deps: TriggerDeps,
  repository: Repository,
  pull: PullRequestNow,
): Promise<AffectedByPullRequest> {
  const [paths, inForce] = await Promise.all([
    listChangedPaths(deps.github, refOf(repository), pull),
    syncStacks(deps, repository),
  ]);
  const none = { affected: [], all: [], rules: [], notes: [] };
  const redefines = paths === null || paths.some(isConfigFile);
  // Where root modules are looked for, any change of configuration may add a stack, or end one.
  const mayChange = redefines || (inForce.discovers && paths.some(isModuleFile));
  if (pull.fork || !mayChange) {
    if (inForce.error && inForce.stacks.length === 0) return { ...none, configError: inForce.error };
    const own = inForce.stacks.filter((stack) => stack.branch === pull.baseRef && isUsable(stack, pull));
    // Which stacks a fork's zenfra.yml would touch is unknown as long as it is not read.
    const touched = match(own, redefines ? null : paths);
    return { ...touched, rules: rulesOf(touched.all, inForce.discovers), notes: [], configError: null };
  }
  const { stacks, sha } = inForce;
  const definitions = stacks.filter(isMerged).map(definitionOf);
  const read = await readHeadConfig(deps, repository, { headSha: pull.headSha, inForce: { sha, definitions } });
  if ('error' in read) return { ...none, configError: read.error };
  return withHeadConfig(deps, { repository, pull, paths, stacks, ...read });
}

async function withHeadConfig(deps: TriggerDeps, head: HeadConfig): Promise<AffectedByPullRequest> {
  const { repository, pull, stacks, definitions } = head;
  const known = new Map(stacks.map((stack) => [stack.name, stack]));
  const knownAs = (definition: StackDefinition) => known.get(definition.renamedFrom ?? definition.name);
  const branchOf = (definition: StackDefinition) =>
    knownAs(definition)?.branch ?? definition.branch ?? repository.default_branch;
  const own = definitions
    .filter((definition) => branchOf(definition) === pull.baseRef)
    .map((definition) => ({ ...definition, ...grantedTo(head, definition) }));
  const touched = touchedStacks(own, head.paths);
  const redefined = changedDefinitions(stacks.filter(isMerged).map(definitionOf), own).map((name) => ({
    name,
    because: configFile,
  }));
  const names = new Map([...redefined, ...touched].map((stack) => [stack.name, stack.because]));
  const affected = [];
  const heldBack = [];
  for (const definition of own) {
    const because = names.get(definition.name);
    if (because === undefined) continue;
    const stack =
      known.get(definition.name) ?? known.get(definition.renamedFrom ?? '') ?? (await addStack(deps, head, definition));
    if (stack) affected.push({ stack, definition, because });
    else heldBack.push(definition.name);
  }
  return {
    affected,
    all: own,
    rules: rulesOf(own, head.discovers),
    notes: await notesOnHead(deps, head, { affected, heldBack }),
    configError: null,
  };
}

/**
 * A stack that only this pull request has. Its history stays if the pull request is closed. Undefined for one that the
 * tracked branch has given up while something of it exists: with its name a pull request would have its state, and of
 * what protected that only the defaults.
 */
async function addStack(deps: TriggerDeps, head: HeadConfig, definition: StackDefinition): Promise<Stack | undefined> {
  const row = {
    path: definition.path,
    branch: head.pull.baseRef,
    definition: toJsonb(definition),
    sources: null,
    pull_request_number: head.pull.number,
    removed_at: null,
  };
  return deps.db
    .insertInto('stacks')
    .values({ id: randomUUID(), repository_id: head.repository.id, name: definition.name, ...row })
    .onConflict((conflict) => conflict.columns(['repository_id', 'name']).doUpdateSet(row).where(isFree))
    .returningAll()
    .executeTakeFirst();
}

const isFree = (eb: ExpressionBuilder<OnConflictDatabase<Database, 'stacks'>, 'stacks'>) =>
  eb.or([
    eb('stacks.pull_request_number', 'is not', null),
    eb.and([eb('stacks.removed_at', 'is not', null), eb.not(holdsResources(eb))]),
  ]);

/** A stack that another pull request brings is not there for this one. */
function isUsable(stack: Stack, pull: PullRequestNow): boolean {
  return isMerged(stack) || stack.pull_request_number === pull.number;
}

function match(stacks: Stack[], paths: string[] | null) {
  const all = stacks.map(definitionOf);
  const touched = new Map(touchedStacks(all, paths).map(({ name, because }) => [name, because]));
  const affected = stacks.flatMap((stack) => {
    const because = touched.get(stack.name);
    return because === undefined ? [] : [{ stack, definition: definitionOf(stack), because }];
  });
  return { affected, all };
}

function rulesOf(definitions: StackDefinition[], discovers: boolean): string[] {
  const none = discovers && definitions.length === 0;
  return none
    ? ['discover: no root module of committed .tf or .tofu files is in the directories that its paths take']
    : definitions.map(ruleOf);
}

const mostGlobs = 12;

function ruleOf({ name, pushPaths }: StackDefinition): string {
  const more = pushPaths.length > mostGlobs ? ` and ${pushPaths.length - mostGlobs} more` : '';
  return `${name}: ${pushPaths.slice(0, mostGlobs).join(', ')}${more}`;
}
