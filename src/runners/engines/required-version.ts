import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isConfiguration } from '../../execution/find-backend.ts';
import { parseHcl } from '../../execution/hcl-parser.ts';
import { parseConstraint, type VersionConstraint } from '../../run/engine-version.ts';

const largestFile = 5_000_000;

/**
 * The `required_version` of a root module; all of them hold where several files say one. Null where none does, or none
 * that can be read: the engine then explains it in its own words.
 */
export async function readRequiredVersion(
  module: string,
): Promise<{ constraint: VersionConstraint; said: string } | null> {
  const said: string[] = [];
  const constraint: VersionConstraint[number][] = [];
  for (const file of (await readdir(module).catch(() => [])).filter(isConfiguration).sort()) {
    for (const text of await readFileVersions(join(module, file))) {
      const parsed = parseConstraint(text, { prefix: false });
      if (parsed === null) continue;
      said.push(text);
      constraint.push(...parsed);
    }
  }
  return said.length === 0 ? null : { constraint, said: [...new Set(said)].join(', ') };
}

async function readFileVersions(path: string): Promise<string[]> {
  const found = await stat(path).catch(() => null);
  if (found === null || !found.isFile() || found.size > largestFile) return [];
  const text = await readFile(path, 'utf8');
  // Most files end here: the parser costs more than the look.
  if (!text.includes('required_version')) return [];
  const parsed = path.endsWith('.json') ? parseJson(text) : await parseHcl(text);
  if (typeof parsed !== 'object' || parsed === null || !('terraform' in parsed)) return [];
  const blocks = Array.isArray(parsed.terraform) ? parsed.terraform : [parsed.terraform];
  return blocks.map((block: unknown) => versionOf(block)).filter((version) => version !== null);
}

function versionOf(block: unknown): string | null {
  if (typeof block !== 'object' || block === null || !('required_version' in block)) return null;
  return typeof block.required_version === 'string' ? block.required_version : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
