import { randomUUID } from 'node:crypto';
import type { ExpressionBuilder, OnConflictDatabase } from 'kysely';
import { listBundlesInForce } from '../db/bundles.ts';
import type { Repository } from '../db/repositories.ts';
import type { ConfigError, Database } from '../db/schema.ts';
import { holdsResources, listHolding, type Stack } from '../db/stacks.ts';
import { toJsonb } from '../db/to-jsonb.ts';
import { refOf } from '../github/github.ts';
import { listChangedPaths, type PullRequestNow } from '../github/pull-requests.ts';
import { type AffectedStack, affectedStacks, changedDefinitions } from '../stack/affected.ts';
import type { StackDefinition } from '../stack/definition.ts';
import { dependenciesOf } from '../stack/dependencies.ts';
import { isModuleFile } from '../stack/module-file.ts';
import { differingRights, type Rights, rightsOf } from '../stack/rights.ts';
import type { TriggerDeps } from './deps.ts';
import { configFile, isConfigFile } from './read-config-at.ts';
import { type HeadDefinitions, readHeadConfig } from './read-head-config.ts';
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
    const touched = match(own, own.map(definitionOf), redefines ? null : paths);
    return { ...touched, rules: rulesOf(touched.all, inForce.discovers), notes: [], configError: null };
  }
  const { stacks, sha } = inForce;
  const definitions = stacks.filter(isMerged).map(definitionOf);
  const read = await readHeadConfig(deps, repository, { headSha: pull.headSha, inForce: { sha, definitions } });
  if ('error' in read) return { ...none, configError: read.error };
  return withHeadConfig(deps, { repository, pull, paths, stacks, ...read });
}

interface HeadConfig extends HeadDefinitions {
  repository: Repository;
  pull: PullRequestNow;
  /** Null: more than can be listed, so every stack counts as touched. */
  paths: string[] | null;
  stacks: Stack[];
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
  const touched = touchedBy(own, head.paths);
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
    notes: [
      ...notesOnHeldBack(heldBack),
      ...notesOn(head),
      ...(await notesOnLeaving(deps, head)),
      ...(await notesOnBundles(deps, head, affected)),
    ],
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

/** What the tracked branch grants: to a stack that it does not have yet, what its defaults do. */
function grantedTo({ repository, pull, stacks }: HeadConfig, definition: StackDefinition): Rights {
  const name = definition.renamedFrom ?? definition.name;
  const known = stacks.find((stack) => stack.name === name && stack.pull_request_number !== pull.number);
  if (known) return rightsOf(known.definition);
  return { ...rightsOf(repository.default_rights), state: definition.state };
}

function notesOn(head: HeadConfig): string[] {
  const { stacks, definitions } = head;
  const moved = definitions.filter((definition) => {
    const stack = stacks.find((other) => other.name === definition.name);
    return stack && definition.branch !== null && definition.branch !== stack.branch;
  });
  return [
    ...moved.map((definition) => `\`${definition.name}\` tracks another branch only after this is merged.`),
    ...notYetGranted(head),
    ...notesOnState(head),
  ];
}

function notesOnHeldBack(names: string[]): string[] {
  if (names.length === 0) return [];
  const one = names.length === 1;
  return [
    `${listNames(names, 'and')} left zenfra.yml while resources of ${one ? 'it' : 'them'} exist, and ${one ? 'comes' : 'come'} back by a merge alone: ${one ? 'it is' : 'they are'} planned when this is merged. If this is another stack, give it a name that was never used.`,
  ];
}

/** A plan that lacks its credentials fails, and nothing else would say why. */
async function notesOnBundles(
  deps: TriggerDeps,
  { definitions }: HeadConfig,
  affected: { stack: Stack }[],
): Promise<string[]> {
  const brought = new Map(affected.flatMap(({ stack }) => (isMerged(stack) ? [] : [[stack.name, stack]])));
  const waiting = [];
  for (const definition of definitions) {
    const stack = brought.get(definition.name);
    if (!stack) continue;
    const bundles = await listBundlesInForce(deps.db, { ...stack, definition, pull_request_number: null });
    if (bundles.length > 0) waiting.push(definition.name);
  }
  if (waiting.length === 0) return [];
  const [gets, its] = waiting.length === 1 ? ['gets', 'it'] : ['get', 'them'];
  return [
    `${listNames(waiting, 'and')} ${gets} the configuration bundles that are attached to ${its} only after this is merged. A plan that needs them fails here; the run of the merge has them.`,
  ];
}

const mostNamed = 10;

/**
 * Stacks that are not there any more at the head while something of theirs exists: a directory that was moved makes a
 * new stack, whose plan would create all of it a second time.
 */
async function notesOnLeaving(deps: TriggerDeps, head: HeadConfig): Promise<string[]> {
  const { stacks, definitions, pull, before } = head;
  const there = new Set(definitions.flatMap(({ name, renamedFrom }) => [name, renamedFrom]));
  // What came since the branch was made, it does not take away.
  const wasThere = ({ name }: Stack) => before === null || before.has(name);
  const leaving = stacks.filter(
    (stack) => stack.branch === pull.baseRef && isMerged(stack) && wasThere(stack) && !there.has(stack.name),
  );
  const holding = await listHolding(
    deps.db,
    leaving.map(({ id }) => id),
  );
  if (holding.length === 0) return [];
  const known = new Set(stacks.filter(isMerged).map(({ name }) => name));
  const brought = definitions.flatMap(({ name, renamedFrom }) =>
    known.has(name) || renamedFrom !== null ? [] : [name],
  );
  const moved =
    brought.length === 0
      ? ''
      : ` If ${listNames(brought, 'or')} is one of them in another place, give it \`renamed_from\` in \`stacks\` of zenfra.yml, or all of it is created a second time.`;
  return [
    `With this pull request ${listNames(holding, 'and')} ${holding.length === 1 ? 'leaves' : 'leave'} Zenfra. The resources in ${holding.length === 1 ? 'its state' : 'their states'} stay, and nobody manages them then; destroy them first if they are to go.${moved}`,
  ];
}

function listNames(names: string[], word: 'and' | 'or'): string {
  const shown = names.slice(0, mostNamed).map((name) => `\`${name}\``);
  const more = names.length > mostNamed ? [`${names.length - mostNamed} more`] : [];
  return [...shown, ...more].join(', ').replace(/, ([^,]*)$/, ` ${word} $1`);
}

/** What the head's own file changes of rights, in one sentence for all stacks that change alike. */
function notYetGranted(head: HeadConfig): string[] {
  const alike = new Map<string, string[]>();
  for (const definition of head.definitions) {
    const changed = differingRights(definition, grantedTo(head, definition));
    const settings = changed.map((setting) => `\`${setting}\``).join(', ');
    if (settings !== '') alike.set(settings, [...(alike.get(settings) ?? []), definition.name]);
  }
  return [...alike].map(([settings, names]) => {
    return `What this changes of ${settings} of ${listNames(names, 'and')} takes effect only after it is merged.`;
  });
}

/** With the block of another backend in the same pull request, what it is about can never be planned before the merge. */
function notesOnState(head: HeadConfig): string[] {
  const moving = head.definitions.filter((definition) => definition.state !== grantedTo(head, definition).state);
  if (moving.length === 0) return [];
  const names = listNames(
    moving.map(({ name }) => name),
    'and',
  );
  return [
    `A change of \`state\` moves no state: merge that line by itself, move the state of ${names}, and change the \`backend\` block after that. See docs/operations.md, Moving a state in or out.`,
  ];
}

/** One that no pull request brings: the tracked branch has it. */
export function isMerged(stack: Stack): boolean {
  return stack.pull_request_number === null;
}

/** A stack that another pull request brings is not there for this one. */
function isUsable(stack: Stack, pull: PullRequestNow): boolean {
  return isMerged(stack) || stack.pull_request_number === pull.number;
}

function match(stacks: Stack[], definitions: StackDefinition[], paths: string[] | null) {
  const byName = new Map(stacks.map((stack) => [stack.name, stack]));
  const affected = touchedBy(definitions, paths).flatMap(({ name, because }) => {
    const stack = byName.get(name);
    return stack ? [{ stack, definition: definitionOf(stack), because }] : [];
  });
  return { affected, all: definitions };
}

/** Every stack where the paths are unknown, or too many for the globs they have to be held against. */
function touchedBy(definitions: StackDefinition[], paths: string[] | null): AffectedStack[] {
  const affected = paths === null ? null : affectedStacks(definitions, paths);
  return affected ?? definitions.map(({ name }) => ({ name, because: 'more files than can be told' }));
}

/** The definition of a stack; one that an older version stored is made whole. */
export function definitionOf(stack: Stack): StackDefinition {
  const stored = stack.definition as StackDefinition;
  return { ...stored, ...rightsOf(stored), dependsOn: dependenciesOf(stored) };
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
