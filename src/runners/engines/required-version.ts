import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isConfiguration } from '../../execution/find-backend.ts';
import { parseHcl } from '../../execution/hcl-parser.ts';
import { parseConstraint, type VersionConstraint } from '../../run/engine-version.ts';
import type { Engine } from '../../run/status.ts';

const largestFile = 5_000_000;

/**
 * The `required_version` of a root module; all of them hold where several files that the engine reads say one. Null
 * where none does, or none that can be read: the engine then explains it in its own words.
 */
export async function readRequiredVersion(
  module: string,
  engine: Engine | null,
): Promise<{ constraint: VersionConstraint; said: string } | null> {
  const files = (await readdir(module).catch(() => [])).filter(isConfiguration).sort();
  // Whoever leaves the choice open has written for Terraform, or for OpenTofu alone.
  if (engine === null) return (await readFrom(module, files, 'terraform')) ?? readFrom(module, files, 'tofu');
  return readFrom(module, files, engine);
}

async function readFrom(module: string, files: string[], engine: Engine) {
  const said: string[] = [];
  const constraint: VersionConstraint[number][] = [];
  for (const file of files.filter((each) => isReadBy(engine, each, files))) {
    for (const text of await readFileVersions(join(module, file))) {
      const parsed = parseConstraint(text, { prefix: false });
      if (parsed === null) continue;
      said.push(text);
      constraint.push(...parsed);
    }
  }
  return said.length === 0 ? null : { constraint, said: [...new Set(said)].join(', ') };
}

/**
 * Terraform knows nothing of `.tofu`; OpenTofu reads `x.tofu` in place of `x.tf`, so that one module can do for both
 * (https://opentofu.org/docs/language/files/).
 */
function isReadBy(engine: Engine, file: string, files: string[]): boolean {
  const ofTofu = /\.tofu(\.json)?$/.test(file);
  return engine === 'terraform' ? !ofTofu : ofTofu || !files.includes(file.replace(/\.tf(\.json)?$/, '.tofu$1'));
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
