import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Execution } from './execution.ts';
import { isConfiguration } from './find-backend.ts';

/** No one writes larger ones by hand. */
const sizeLimit = 5_000_000;

/**
 * The stack's variable files once more, for the apply of a saved plan that lacks some values: a plan file holds none of
 * ephemeral variables (Terraform 1.10 and later), and without them the engine applies nothing. Of all others it refuses a
 * value that is not the planned one. Engines that know no such variables refuse the files themselves, so they are given
 * only where the configuration has the word.
 */
export function fileArgumentsAgain({ spec, workspace: { module } }: Execution): string[] {
  if (spec.varFiles.length === 0 || !readdirSync(module).some((name) => isEphemeral(module, name))) return [];
  // One of a configuration bundle may be there for planning alone.
  return spec.varFiles.filter((file) => existsSync(join(module, file))).map((file) => `-var-file=${file}`);
}

function isEphemeral(module: string, name: string): boolean {
  if (!isConfiguration(name)) return false;
  const path = join(module, name);
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found?.isFile() || found.size > sizeLimit) return false;
  return /\bephemeral\b/.test(readFileSync(path, 'utf8'));
}
