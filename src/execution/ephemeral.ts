import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { compareVersions, parseVersion } from '../run/engine-version.ts';
import type { EngineBinary } from './contract.ts';
import { type Execution, engineOf } from './execution.ts';
import { isConfiguration, largestConfiguration } from './find-backend.ts';

/**
 * The stack's variable files once more, for the apply of a saved plan that lacks some values: a plan file holds none of
 * ephemeral variables (Terraform 1.10 and later), and without them the engine applies nothing. Of all others it refuses a
 * value that is not the planned one. Engines that know no such variables refuse the files themselves, whatever a
 * configuration says.
 */
export function fileArgumentsAgain(execution: Execution): string[] {
  const { spec, workspace } = execution;
  const { module } = workspace;
  if (spec.varFiles.length === 0 || !knowsEphemeral(engineOf(execution))) return [];
  if (!readdirSync(module).some((name) => isEphemeral(module, name))) return [];
  // One of a configuration bundle may be there for planning alone.
  return spec.varFiles.filter((file) => existsSync(join(module, file))).map((file) => `-var-file=${file}`);
}

const since = { terraform: '1.10.0', tofu: '1.11.0' };

/** Their prereleases too. */
function knowsEphemeral({ engine, version }: EngineBinary): boolean {
  const [own, first] = [parseVersion(version), parseVersion(since[engine])];
  return own !== null && first !== null && compareVersions({ ...own, prerelease: '' }, first) >= 0;
}

function isEphemeral(module: string, name: string): boolean {
  if (!isConfiguration(name)) return false;
  const path = join(module, name);
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found?.isFile() || found.size > largestConfiguration) return false;
  return /\bephemeral"?\s*[=:]\s*"?true\b/.test(readFileSync(path, 'utf8'));
}
