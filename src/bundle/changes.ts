import type { BundleContents, BundleFile, BundleVariable } from './contents.ts';

export interface BundleChange {
  kind: 'variable' | 'file';
  name: string;
  what: 'added' | 'changed' | 'removed';
}

/** Which entries a new version adds, changes and removes; by name, never by value. */
export function changesBetween(before: BundleContents, after: BundleContents): BundleChange[] {
  const [old, now] = [entriesOf(before), entriesOf(after)];
  const changes = new Map<string, BundleChange>();
  for (const [id, entry] of now) {
    const was = old.get(id);
    if (was === undefined) changes.set(id, { ...about(entry), what: 'added' });
    else if (was.content !== entry.content) changes.set(id, { ...about(entry), what: 'changed' });
  }
  for (const [id, entry] of old) if (!now.has(id)) changes.set(id, { ...about(entry), what: 'removed' });
  return [...changes.values()];
}

interface Entry {
  kind: BundleChange['kind'];
  name: string;
  content: string;
}

function about({ kind, name }: Entry) {
  return { kind, name };
}

function contentOf(one: BundleVariable | BundleFile) {
  return ['key' in one ? one.value : one.content, one.secret, one.description, one.available];
}

/** What is only for planning, or only for applying, is an entry of its own. */
function entriesOf({ variables, files }: BundleContents): Map<string, Entry> {
  const entries = [
    ...variables.map((one) => ({ kind: 'variable' as const, name: one.key, one })),
    ...files.map((one) => ({ kind: 'file' as const, name: one.path, one })),
  ];
  return new Map(
    entries.map(({ kind, name, one }): [string, Entry] => [
      JSON.stringify([kind, name, one.available === 'applying']),
      { kind, name, content: JSON.stringify(contentOf(one)) },
    ]),
  );
}
