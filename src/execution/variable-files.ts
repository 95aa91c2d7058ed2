import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { compareVersions, parseVersion } from '../run/engine-version.ts';
import { type Execution, engineOf } from './execution.ts';
import { isConfiguration, largestConfiguration } from './find-backend.ts';

/**
 * Whether what only reads a plan or a module needs the run's variables: OpenTofu may have encrypted the plan, and a key
 * or a module's source may come by their means. Terraform's does without, and is given none.
 */
export function readsWithVariables(execution: Execution): boolean {
  return engineOf(execution).engine === 'tofu';
}

/**
 * The stack's variable files for the commands beside plan and apply. OpenTofu, since 1.8, takes variables in module sources
 * and in its `encryption` block, so each command that loads a module or reads a state or plan needs their values.
 */
export function earlyFileArguments(execution: Execution): string[] {
  const { engine, version } = engineOf(execution);
  return engine === 'tofu' && isAtLeast(version, '1.8.0') ? fileArguments(execution) : [];
}

/**
 * The stack's variable files once more, for the apply of a saved plan that lacks some values: a plan file holds none of
 * ephemeral variables (Terraform 1.10 and later), and without them the engine applies nothing. Of all others it refuses a
 * value that is not the planned one. Engines that know no such variables refuse the files themselves, whatever a
 * configuration says. OpenTofu may need them to decrypt the plan file, too.
 */
export function fileArgumentsAgain(execution: Execution): string[] {
  const { module } = execution.workspace;
  const { engine, version } = engineOf(execution);
  if (execution.spec.varFiles.length === 0 || !isAtLeast(version, since[engine])) return [];
  return readdirSync(module).some((name) => asksAgain[engine].test(read(module, name))) ? fileArguments(execution) : [];
}

/** One that a hook writes, or that a configuration bundle has for planning alone, may not be there. */
function fileArguments({ spec, workspace: { module } }: Execution): string[] {
  return spec.varFiles.filter((file) => existsSync(join(module, file))).map((file) => `-var-file=${file}`);
}

const since = { terraform: '1.10.0', tofu: '1.11.0' };

const ephemeral = String.raw`\bephemeral"?\s*[=:]\s*"?true\b`;
const asksAgain = { terraform: new RegExp(ephemeral), tofu: new RegExp(String.raw`${ephemeral}|\bencryption\b`) };

/** Its prereleases too. */
function isAtLeast(version: string, wanted: string): boolean {
  const [own, first] = [parseVersion(version), parseVersion(wanted)];
  return own !== null && first !== null && compareVersions({ ...own, prerelease: '' }, first) >= 0;
}

/** Empty for what is no configuration. */
function read(module: string, name: string): string {
  if (!isConfiguration(name)) return '';
  const path = join(module, name);
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() && found.size <= largestConfiguration ? readFileSync(path, 'utf8') : '';
}
