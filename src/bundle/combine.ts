import { type Availability, isAvailable } from './contents.ts';

interface Named {
  available: Availability;
}

/** One entry of one bundle, as far as precedence is concerned. */
export interface Ranked<T extends Named> {
  /** The bundle it comes from. */
  bundle: string;
  name: string;
  item: T;
}

/** An entry that an execution gets, and the bundles that have one of the same name and did not prevail. */
export interface Chosen<T extends Named> extends Ranked<T> {
  over: string[];
}

/**
 * What an execution gets of entries that are given in the order of their bundles' precedence: of one name the first.
 * What is not for this execution does not count, so that a bundle for planning never hides one for applying.
 */
export function choose<T extends Named>(
  entries: readonly Ranked<T>[],
  execution: 'planning' | 'applying',
): Chosen<T>[] {
  const chosen = new Map<string, Chosen<T>>();
  for (const entry of entries) {
    if (!isAvailable(entry.item, execution)) continue;
    const first = chosen.get(entry.name);
    if (first) first.over.push(entry.bundle);
    else chosen.set(entry.name, { ...entry, over: [] });
  }
  return [...chosen.values()];
}

/** Of bundles that are attached in several ways the highest priority counts; the higher one prevails, then the name. */
export function inPrecedence<T extends { name: string; priority: number }>(bundles: readonly T[]): T[] {
  const highest = new Map<string, T>();
  for (const bundle of bundles) {
    const known = highest.get(bundle.name);
    if (!known || known.priority < bundle.priority) highest.set(bundle.name, bundle);
  }
  return [...highest.values()].sort((a, b) => b.priority - a.priority || (a.name < b.name ? -1 : 1));
}

/** What bundles are attached to a stack by. */
export interface Handles {
  names: string[];
  labels: string[];
}

/**
 * A stack's name; its labels, and its environment. Only what the tracked branch says counts: a stack that only a pull
 * request has answers to nothing, or a pull request could take a bundle by calling its stack `production`, or whatever
 * the tracked branch has called one before.
 */
export function handlesOf(stack: { name: string; definition: unknown; pull_request_number: number | null }): Handles {
  if (stack.pull_request_number !== null) return { names: [], labels: [] };
  const { labels, environment } = stack.definition as { labels?: string[]; environment?: string | null };
  return {
    names: [stack.name],
    labels: [...new Set([...(labels ?? []), ...(environment == null ? [] : [environment])])],
  };
}

/** Whether who answers to these handles is given what is attached to that. */
export function answersTo({ names, labels }: Handles, target: { to: 'stack' | 'label'; name: string }): boolean {
  return (target.to === 'stack' ? names : labels).includes(target.name);
}
