/** What a dependency lock file pins. */
export interface LockedProvider {
  /** Such as `registry.terraform.io/hashicorp/aws`. */
  source: string;
  version: string;
  /** Such as `h1:…` and `zh:…`. */
  hashes: string[];
}

/** A provider whose version differs between two plans; null where one of them has none of it. */
export interface ProviderChange {
  source: string;
  from: string | null;
  to: string | null;
}

/**
 * Reads `.terraform.lock.hcl`. The engines write it, always in this one form, and read no other out of it that matters
 * here; a block that a person bent out of shape is passed over. Line by line, since a pull request may hold any text.
 */
export function readLockFile(text: string): LockedProvider[] {
  const providers: LockedProvider[] = [];
  let open: LockedProvider | null = null;
  for (const line of text.split(/\r?\n/)) {
    const [, source] = /^provider "([^"]{1,500})" \{$/.exec(line) ?? [];
    if (source !== undefined) open = { source, version: '', hashes: [] };
    else if (open === null) continue;
    else if (line === '}') {
      if (open.version !== '') providers.push(open);
      open = null;
    } else readSetting(line, open);
  }
  return providers;
}

function readSetting(line: string, provider: LockedProvider): void {
  const [, version] = /^ {2}version {1,20}= "([^"]{1,100})"$/.exec(line) ?? [];
  if (version !== undefined) provider.version = version;
  const [, hash] = /^ {4}"([^"]{1,200})",$/.exec(line) ?? [];
  if (hash !== undefined) provider.hashes.push(hash);
}

/** What is different, by name. */
export function compareProviders(
  before: readonly Pick<LockedProvider, 'source' | 'version'>[],
  after: readonly Pick<LockedProvider, 'source' | 'version'>[],
): ProviderChange[] {
  const [old, now] = [versionsOf(before), versionsOf(after)];
  const sources = [...new Set([...old.keys(), ...now.keys()])].sort();
  return sources
    .map((source) => ({ source, from: old.get(source) ?? null, to: now.get(source) ?? null }))
    .filter(({ from, to }) => from !== to);
}

function versionsOf(providers: readonly Pick<LockedProvider, 'source' | 'version'>[]): Map<string, string> {
  return new Map(providers.map(({ source, version }) => [source, version]));
}
