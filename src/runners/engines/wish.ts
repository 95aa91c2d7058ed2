import { lstat, readFile, realpath } from 'node:fs/promises';
import { join, posix, sep } from 'node:path';
import { parseConstraint, type VersionConstraint, versionFiles } from '../../run/engine-version.ts';
import { type Engine, engineLabels } from '../../run/status.ts';
import { readRequiredVersion } from './required-version.ts';

/** Which engine a stack asks for. */
export interface EngineWish {
  /** Null leaves the choice to the worker. */
  engine: Engine | null;
  /** Null for whatever there is. */
  constraint: VersionConstraint | null;
  /** As it was written, for people; empty if nothing was. */
  said: string;
  /** Who said it: `zenfra.yml`, `.terraform-version`, `required_version`; empty if nobody did. */
  by: string;
}

/** Of zenfra.yml. */
export interface ConfiguredEngine {
  engine: Engine | null;
  version: string | null;
}

const largestVersionFile = 4096;

/**
 * What zenfra.yml says comes first, then the version file that is nearest to the root module, then the module's own `required_version`. Returns a sentence for a
 * version that nobody can read.
 */
export async function readWish(
  configured: ConfiguredEngine,
  place: { source: string; rootModule: string },
): Promise<EngineWish | { missing: string }> {
  const { engine, version } = configured;
  if (version !== null) return wishOf(version, { engine, by: 'zenfra.yml' });
  const files = versionFiles.filter(([, each]) => engine === null || each === engine);
  for (const directory of upFrom(place.rootModule)) {
    for (const [name, each] of files) {
      const path = posix.join(directory, name);
      const said = await readVersionFile(place.source, path);
      if (said === 'latest-allowed') return wishOfModule(each, place);
      if (said !== null) return wishOf(said, { engine: each, by: path });
    }
  }
  return wishOfModule(engine, place);
}

async function wishOfModule(
  engine: Engine | null,
  { source, rootModule }: { source: string; rootModule: string },
): Promise<EngineWish> {
  const required = await readRequiredVersion(join(source, rootModule), engine);
  if (required === null) return { engine, constraint: null, said: '', by: '' };
  return { engine, by: 'required_version', ...required };
}

/** Such as `OpenTofu 1.10 (.opentofu-version)`. */
export function describeWish({ engine, said, by }: EngineWish): string {
  const name = engine === null ? 'Terraform or OpenTofu' : engineLabels[engine];
  return [name, said, by === '' ? '' : `(${by})`].filter((part) => part !== '').join(' ');
}

/**
 * `latest` is what other tools write for no wish at all, `latest:1.9` and `latest:^1.9` for the newest that begins so
 * (https://github.com/tfutils/tfenv#tfenv-install-version, which takes any regular expression there; we take these).
 */
function wishOf(said: string, about: { engine: Engine | null; by: string }): EngineWish | { missing: string } {
  if (said === 'latest' || said === 'latest-stable') return { ...about, constraint: null, said };
  const constraint = parseConstraint(said.replace(/^latest:\^?(?=\d)/, ''), { prefix: true });
  if (constraint !== null) return { ...about, constraint, said };
  const shown = JSON.stringify(said.slice(0, 80));
  return {
    missing: `${about.by} asks for the version ${shown}, which is none. Write one such as "1.11.4", or a constraint such as "~> 1.11"`,
  };
}

function upFrom(rootModule: string): string[] {
  const parts = posix
    .normalize(rootModule)
    .split('/')
    .filter((part) => part !== '.' && part !== '');
  return parts.map((_, index) => parts.slice(0, parts.length - index).join('/')).concat('.');
}

/** Its first line that says something. A link is followed as long as it stays in the source. */
async function readVersionFile(source: string, path: string): Promise<string | null> {
  const [root, real] = await Promise.all([realpath(source), realpath(join(source, path)).catch(() => null)]);
  if (real === null || !real.startsWith(root + sep)) return null;
  const found = await lstat(real);
  if (!found.isFile() || found.size > largestVersionFile) return null;
  const lines = (await readFile(real, 'utf8')).split('\n').map((line) => line.replace(/#.*/, '').trim());
  return lines.find((line) => line !== '') ?? null;
}
