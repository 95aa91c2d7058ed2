import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineBinary } from '../../execution/contract.ts';
import { type Engine, engineLabels } from '../../run/status.ts';
import { FetchFailed, fetchBytes, fetchFile } from './fetch-bytes.ts';
import { askVersion } from './on-path.ts';
import { type ReleaseFiles, releaseFiles } from './releases.ts';
import { takeTurns } from './take-turns.ts';
import { ArchiveRefused, unzipOne } from './unzip-one.ts';
import { refuseSignature } from './verify-sums.ts';

/** Where engines that were fetched are kept, one directory for each version. */
export interface EngineStore {
  directory: string;
  mirror: string;
  /** See `refuseSignature`. */
  keys: string | null;
  /** What the engine is asked for its version with. */
  environment: Record<string, string>;
}

const largestSums = 1_000_000;
const largestArchive = 500_000_000;
const largestBinary = 1_000_000_000;

/** Where the program of a version lies in the store, whether it is there or not. */
export function storedPath(directory: string, engine: Engine, version: string): string {
  return join(directory, engine, version, engine);
}

/**
 * Fetches a version once, however many ask for it at the same time. Nothing of it is in its place before its signature
 * and its checksum were found right; what a killed download left is removed by the next one. Returns a sentence for
 * what the other side got wrong.
 */
export async function installEngine(
  store: EngineStore,
  engine: Engine,
  version: string,
): Promise<EngineBinary | { missing: string }> {
  const place = join(store.directory, engine, version);
  const path = storedPath(store.directory, engine, version);
  return takeTurns(join(store.directory, engine, `.${version}.lock`), async () => {
    if (await isThere(place)) return { engine, path, version };
    await removePartial(join(store.directory, engine), `.${version}.partial-`);
    const partial = join(store.directory, engine, `.${version}.partial-${randomUUID()}`);
    await mkdir(partial, { recursive: true, mode: 0o755 });
    try {
      await fetchInto(partial, { store, engine, version });
      await rename(partial, place);
      return { engine, path, version };
    } catch (error) {
      await rm(partial, { recursive: true, force: true });
      if (error instanceof FetchFailed || error instanceof ReleaseRefused) {
        return { missing: `${engineLabels[engine]} ${version} could not be had: ${error.message}` };
      }
      throw error;
    }
  });
}

/** A release that is not what its maker signed. */
class ReleaseRefused extends Error {
  override name = 'ReleaseRefused';
}

interface Wanted {
  store: EngineStore;
  engine: Engine;
  version: string;
}

async function fetchInto(partial: string, wanted: Wanted): Promise<void> {
  const { store, engine, version } = wanted;
  const files = releaseFiles(engine, version, store.mirror);
  const expected = await readChecksum(wanted, files);
  const archive = join(partial, files.archiveName);
  const found = await fetchFile(files.archive, archive, largestArchive);
  if (found !== expected) {
    throw new ReleaseRefused(`the checksum of ${files.archive} is ${found}, and ${files.sums} says ${expected}`);
  }
  const program = join(partial, engine);
  await unzipOne(archive, engine, { path: program, limitBytes: largestBinary }).catch((error: unknown) => {
    if (error instanceof ArchiveRefused) throw new ReleaseRefused(`${files.archive}: ${error.message}`);
    throw error;
  });
  await rm(archive);
  const says = await askVersion(program, store.environment).catch(() => 'no version');
  if (says !== version) throw new ReleaseRefused(`the program in ${files.archive} says that it is ${says}`);
}

async function readChecksum({ store, engine }: Wanted, files: ReleaseFiles): Promise<string> {
  const [sums, signature] = await Promise.all([
    fetchBytes(files.sums, largestSums),
    fetchBytes(files.signature, largestSums),
  ]);
  const refusal = await refuseSignature(engine, { sums, signature }, store.keys);
  if (refusal !== null) throw new ReleaseRefused(`the signature of ${files.sums} is not right (${refusal})`);
  const lines = Buffer.from(sums).toString().split('\n');
  const line = lines
    .map((each) => /^([0-9a-f]{64}) [ *](.+)$/.exec(each.trim()))
    .find((each) => each?.[2] === files.archiveName);
  if (line?.[1] === undefined) throw new ReleaseRefused(`${files.sums} does not list ${files.archiveName}`);
  return line[1];
}

async function removePartial(directory: string, prefix: string): Promise<void> {
  for (const name of await readdir(directory).catch(() => [])) {
    if (name.startsWith(prefix)) await rm(join(directory, name), { recursive: true, force: true });
  }
}

async function isThere(directory: string): Promise<boolean> {
  return readdir(directory).then(
    () => true,
    () => false,
  );
}
