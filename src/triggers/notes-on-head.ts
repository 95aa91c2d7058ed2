import { listBundlesInForce } from '../db/bundles.ts';
import { listHolding, type Stack } from '../db/stacks.ts';
import { differingRights } from '../stack/rights.ts';
import type { TriggerDeps } from './deps.ts';
import { grantedTo, type HeadConfig } from './head-config.ts';
import { isMerged } from './stack-row.ts';

/** What is to be read before the merge of a pull request that changes which stacks there are, or what they say. */
export async function notesOnHead(
  deps: TriggerDeps,
  head: HeadConfig,
  { affected, heldBack }: { affected: { stack: Stack }[]; heldBack: string[] },
): Promise<string[]> {
  return [
    ...notesOnHeldBack(heldBack),
    ...notesOnBranches(head),
    ...notYetGranted(head),
    ...notesOnState(head),
    ...(await notesOnLeaving(deps, head)),
    ...(await notesOnBundles(deps, head, affected)),
  ];
}

function notesOnBranches({ stacks, definitions }: HeadConfig): string[] {
  const moved = definitions.filter((definition) => {
    const stack = stacks.find((other) => other.name === definition.name);
    return stack && definition.branch !== null && definition.branch !== stack.branch;
  });
  return moved.map((definition) => `\`${definition.name}\` tracks another branch only after this is merged.`);
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
