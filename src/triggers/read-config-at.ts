import type { Repository } from '../db/repositories.ts';
import type { ConfigError } from '../db/schema.ts';
import { listStacks } from '../db/stacks.ts';
import { findFile, listRootFiles } from '../github/contents.ts';
import { refOf } from '../github/github.ts';
import { defaultConfig } from '../stack/default-config.ts';
import type { ConfigError as FileError, StackSources, ZenfraConfig } from '../stack/definition.ts';
import { isModuleFile } from '../stack/module-file.ts';
import { readConfig } from '../stack/read-config.ts';
import { builtInSources } from '../stack/read-sources.ts';
import type { TriggerDeps } from './deps.ts';
import { readModules } from './read-modules.ts';

export const configFile = 'zenfra.yml';
/** Also what it is called by mistake: taken for none, that would end all stacks, or plan a root that nobody meant. */
const alikeNames = /^\.?zenfra\.ya?ml$/i;

/** Whether a change of this file may change what the stacks are. */
export function isConfigFile(path: string): boolean {
  return alikeNames.test(path);
}

export interface ReadConfig {
  config: ZenfraConfig;
  /** By the stack's name. */
  sources: Map<string, StackSources>;
}

/** The configuration at a commit: the file's, or the default one where there is none. */
export async function readConfigAt(
  deps: TriggerDeps,
  repository: Repository,
  sha: string,
): Promise<ReadConfig | { error: ConfigError }> {
  const { github } = deps;
  const found = await findFile(github, refOf(repository), { path: configFile, ref: sha });
  if (found === undefined) {
    const root = await listRootFiles(github, refOf(repository), sha);
    const misnamed = root.find(isConfigFile);
    if (misnamed !== undefined) return { error: { ...wholeFile(renameIt), file: misnamed } };
    const config = defaultConfig(
      await rootIsStack(deps, repository, { root, sha }),
      await rootNameOf(deps, repository),
    );
    return { config, sources: new Map(config.stacks.map((stack) => [stack.name, builtInSources(stack.pushPaths)])) };
  }
  // Not as if there were none: the stacks would be taken for removed.
  if (!found.ok) return { error: wholeFile(`${configFile} ${found.why}, which is not read. ${plainFile}`) };
  const alone = readConfig(found.text);
  if (!alone.ok) return { error: firstOf(alone.errors) };
  if (alone.wantsModules.length === 0) return alone;
  const modules = await readModules(deps, repository, { commit: sha, from: alone.wantsModules });
  if (modules === null && alone.config.discover) return { error: wholeFile(tooLarge) };
  const reading = modules === null ? alone : readConfig(found.text, modules);
  return reading.ok ? reading : { error: firstOf(reading.errors) };
}

/** The stack that is there keeps its name when the repository gets another: by its name it has its state and its bundles. */
async function rootNameOf({ db }: TriggerDeps, repository: Repository): Promise<string> {
  const stacks = await listStacks(db, repository.id);
  const roots = stacks.filter(({ path, pull_request_number: brought }) => path === '.' && brought === null);
  return (roots.length === 1 ? roots[0]?.name : undefined) ?? repository.name;
}

/** A root with nothing to plan, such as the versions that all directories share, is none. */
async function rootIsStack(
  deps: TriggerDeps,
  repository: Repository,
  { root: files, sha }: { root: string[]; sha: string },
): Promise<boolean> {
  if (!files.some(isModuleFile)) return false;
  const root = (await readModules(deps, repository, { commit: sha, from: ['.'] }))?.get('.');
  return root === undefined || root.backend || root.provider || root.manages;
}

const renameIt = `This name is not read. Rename it to ${configFile}, which is read from the root of the repository.`;
const plainFile = 'Commit it as a plain file of at most 256 kB.';
const tooLarge = 'discover: this repository has more files than can be looked through. Name its stacks in stacks.';

function wholeFile(message: string): ConfigError {
  return { file: configFile, line: null, column: null, message };
}

function firstOf(errors: FileError[]): ConfigError {
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return {
    file: configFile,
    line: first?.line ?? null,
    column: first?.column ?? null,
    message: `${first?.message ?? 'The file cannot be read.'}${more}`,
  };
}
