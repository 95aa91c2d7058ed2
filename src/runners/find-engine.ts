import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { EngineBinary } from '../execution/contract.ts';
import { type Engine, engineLabels } from '../run/status.ts';

const run = promisify(execFile);
const engines: Engine[] = ['terraform', 'tofu'];

export interface EngineFinder {
  /** The engine that fits, or a sentence why there is none. */
  findEngine(wanted: { engine: Engine | null; version: string | null }): Promise<EngineBinary | { missing: string }>;
  listEngines(): Promise<EngineBinary[]>;
}

/**
 * Finds engines on the worker's search path, and asks each once for its version. Without a wish the first that is
 * there is taken, Terraform before OpenTofu.
 */
export function engineFinder(environment: Record<string, string>): EngineFinder {
  const found = new Map<Engine, Promise<EngineBinary | undefined>>();
  const find = (engine: Engine) => {
    const known = found.get(engine) ?? probe(engine, environment);
    found.set(engine, known);
    return known;
  };
  const findEngine: EngineFinder['findEngine'] = async (wanted) => {
    const candidates = wanted.engine === null ? engines : [wanted.engine];
    for (const engine of candidates) {
      const binary = await find(engine);
      if (!binary) continue;
      if (fits(binary.version, wanted.version)) return binary;
      return { missing: `${engineLabels[engine]} ${wanted.version} is wanted, and this worker has ${binary.version}` };
    }
    return {
      missing: `This worker has no ${candidates.map((engine) => engineLabels[engine]).join(' or ')} on its PATH`,
    };
  };
  const listEngines = async () => (await Promise.all(engines.map(find))).filter((one) => one !== undefined);
  return { findEngine, listEngines };
}

/** `1.11` stands for any of its patches. */
function fits(version: string, wanted: string | null): boolean {
  return wanted === null || version === wanted || version.startsWith(`${wanted}.`);
}

async function probe(engine: Engine, environment: Record<string, string>): Promise<EngineBinary | undefined> {
  const path = await findOnPath(engine, environment.PATH ?? '');
  if (!path) return undefined;
  const { stdout } = await run(path, ['version', '-json'], {
    env: { ...environment, CHECKPOINT_DISABLE: '1' },
    timeout: 30_000,
  });
  const version: unknown = JSON.parse(stdout).terraform_version;
  if (typeof version !== 'string')
    throw new Error(`${path} version -json does not name a version: ${stdout.slice(0, 200)}`);
  return { engine, path, version };
}

async function findOnPath(name: string, searchPath: string): Promise<string | undefined> {
  for (const directory of searchPath.split(delimiter).filter(Boolean)) {
    const path = join(directory, name);
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
}
