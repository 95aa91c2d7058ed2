import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineBinary } from '../../execution/contract.ts';
import {
  compareVersions,
  type EngineVersion,
  parseVersion,
  satisfies,
  showVersion,
  type VersionConstraint,
} from '../../run/engine-version.ts';
import { type Engine, engineLabels } from '../../run/status.ts';
import { FetchFailed } from './fetch-bytes.ts';
import { installEngine, storedPath } from './install.ts';
import { onPathFinder } from './on-path.ts';
import { type EngineMirrors, findRelease } from './releases.ts';
import { describeWish, type EngineWish } from './wish.ts';

export interface EngineFinder {
  /** The engine that fits, or a sentence why there is none. `tell`: what takes a while, for the log. */
  findEngine(wish: EngineWish, tell?: (text: string) => void): Promise<EngineBinary | { missing: string }>;
  /** Those on the search path. */
  listEngines(): Promise<EngineBinary[]>;
}

export interface EngineSettings {
  /** Where engines that were fetched are kept. */
  directory: string;
  mirrors: EngineMirrors;
  /** ASCII-armoured keys that count instead of those of the engines' makers. */
  keys: string | null;
}

const engines: Engine[] = ['terraform', 'tofu'];

/**
 * Finds engines: on the worker's search path, among those that were fetched before, and else at the engine's maker. A
 * stack that names none gets what is on the path, Terraform before OpenTofu, and where neither is, OpenTofu.
 */
export function engineFinder(environment: Record<string, string>, settings: EngineSettings): EngineFinder {
  const onPath = onPathFinder(environment);
  const listEngines = async () => (await Promise.all(engines.map(onPath))).filter((one) => one !== undefined);
  const findEngine: EngineFinder['findEngine'] = async (wish, tell = () => {}) => {
    const engine = wish.engine ?? (await listEngines())[0]?.engine ?? 'tofu';
    const local = await onPath(engine);
    if (local && fits(local.version, wish.constraint)) return local;
    const known = await findStored(settings.directory, engine, wish.constraint);
    if (known !== undefined) return known;
    const asked = { wish: { ...wish, engine }, engine, local };
    return fetchEngine(asked, { environment, settings, tell });
  };
  return { findEngine, listEngines };
}

interface Fetching {
  environment: Record<string, string>;
  settings: EngineSettings;
  tell: (text: string) => void;
}

async function fetchEngine(
  asked: { wish: EngineWish; engine: Engine; local: EngineBinary | undefined },
  { environment, settings, tell }: Fetching,
): Promise<EngineBinary | { missing: string }> {
  const { wish, engine, local } = asked;
  const mirror = settings.mirrors[engine];
  const has = local ? `has ${engineLabels[engine]} ${local.version}` : `has no ${engineLabels[engine]} on its PATH`;
  const wanted = `${describeWish(wish)} is wanted, and this worker ${has}`;
  if (mirror === null) return { missing: wanted };
  try {
    const constraint = wish.constraint ?? [];
    const version = exactVersion(constraint) ?? (await findRelease(engine, constraint, mirror));
    if (version === undefined) return { missing: `${wanted}. ${mirror} has no release that fits` };
    tell(`Downloading ${engineLabels[engine]} ${showVersion(version)} from ${mirror}...`);
    const store = { directory: settings.directory, mirror, keys: settings.keys, environment };
    const installed = await installEngine(store, engine, showVersion(version));
    return 'missing' in installed ? { missing: `${wanted}. ${installed.missing}` } : installed;
  } catch (error) {
    if (error instanceof FetchFailed) return { missing: `${wanted}. ${error.message}` };
    throw error;
  }
}

function fits(version: string, constraint: VersionConstraint | null): boolean {
  const parsed = parseVersion(version);
  return constraint === null || (parsed !== null && satisfies(parsed, constraint));
}

/** The newest that fits of those that were fetched. One that fits is used: a newer one is not looked for. */
async function findStored(
  directory: string,
  engine: Engine,
  constraint: VersionConstraint | null,
): Promise<EngineBinary | undefined> {
  const names = await readdir(join(directory, engine)).catch(() => []);
  // Locks and what is half there begin with a dot.
  const fitting = names.map(parseVersion).filter((version): version is EngineVersion => version !== null);
  const newest = fitting
    .filter((version) => satisfies(version, constraint ?? []))
    .sort(compareVersions)
    .at(-1);
  if (newest === undefined) return undefined;
  const version = showVersion(newest);
  return { engine, path: storedPath(directory, engine, version), version };
}

/** A version that is named needs no index. */
function exactVersion(constraint: VersionConstraint): EngineVersion | undefined {
  const [only, ...others] = constraint;
  return only?.operator === '=' && others.length === 0 ? only.version : undefined;
}
