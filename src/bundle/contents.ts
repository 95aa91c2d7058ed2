/** Which executions of a run get something: the one that plans, the one that applies, or the two. */
export const availabilities = ['both', 'planning', 'applying'] as const;
export type Availability = (typeof availabilities)[number];

interface Item {
  /** Never shown again, and masked in all output. */
  secret: boolean;
  description: string;
  available: Availability;
}

export interface BundleVariable extends Item {
  key: string;
  value: string;
}

export interface BundleFile extends Item {
  /** From the stack's directory. */
  path: string;
  content: string;
}

/** What one version of a configuration bundle holds; it is stored sealed. */
export interface BundleContents {
  variables: BundleVariable[];
  files: BundleFile[];
}

/** One entry of a version without what it holds: what everybody who sees the stack may know. */
export interface OutlineItem extends Item {
  kind: 'variable' | 'file';
  name: string;
}

export function outlineOf({ variables, files }: BundleContents): OutlineItem[] {
  const rest = ({ secret, description, available }: Item) => ({ secret, description, available });
  return [
    ...variables.map((one) => ({ kind: 'variable' as const, name: one.key, ...rest(one) })),
    ...files.map((one) => ({ kind: 'file' as const, name: one.path, ...rest(one) })),
  ];
}

export function isAvailable({ available }: Pick<Item, 'available'>, execution: 'planning' | 'applying'): boolean {
  return available === 'both' || available === execution;
}

/** The order in which a person looks for them, so that the same contents are the same bytes. */
export function inOrder({ variables, files }: BundleContents): BundleContents {
  return {
    variables: [...variables].sort((a, b) => compare(a.key, b.key) || compare(a.available, b.available)),
    files: [...files].sort((a, b) => compare(a.path, b.path) || compare(a.available, b.available)),
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
