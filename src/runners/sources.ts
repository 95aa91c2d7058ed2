import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SourceAway, type SourceBundle } from '../execution/contract.ts';
import { saysFull } from '../execution/disk-full.ts';
import { makeOwnedDirectory } from '../execution/owned-directory.ts';
import { SourceCopies } from '../execution/source-copies.ts';
import { unpackSource } from '../execution/unpack.ts';
import { downloadArchive } from '../github/archive.ts';
import { PutOff } from '../github/budget.ts';
import type { GitHub } from '../github/github.ts';
import { isPassing } from '../github/retry.ts';

export interface SourceWanted {
  repository: { id: number; owner: string; name: string; installationId: number };
  commit: string;
}

/** How many unpacked commits are kept for the next stack or the apply, but for those that are in use. */
const kept = 20;

/**
 * Source archives by commit. One that several stacks want at once is downloaded once; the newest few stay unpacked.
 * Nobody writes to them: executions copy, and leave their copies to others of the commit.
 */
export class Sources {
  readonly #github: GitHub;
  readonly #directory: string;
  readonly #copies: SourceCopies;
  readonly #bundles = new Map<string, Promise<SourceBundle>>();
  /** How many executions and downloads are at each. */
  readonly #users = new Map<string, number>();

  /** `directory` is this process's alone: of what another has unpacked it is not known whether it is whole. */
  constructor(github: GitHub, directory: string) {
    this.#github = github;
    this.#directory = directory;
    this.#copies = new SourceCopies(directory);
  }

  async fetch(wanted: SourceWanted): Promise<SourceBundle> {
    const key = keyOf(wanted);
    const known = this.#bundles.get(key);
    if (known) {
      // Set again: a Map remembers the order of insertion, so the first is the one not used for longest.
      this.#bundles.delete(key);
      this.#bundles.set(key, known);
      return { ...(await known), downloadMs: 0 };
    }
    const fetched = this.#downloadOrMakeRoom(key, wanted).finally(this.#hold(key));
    this.#bundles.set(key, fetched);
    fetched.catch(() => this.#bundles.delete(key));
    await this.#dropOldest();
    return fetched;
  }

  /** Whatever others fetch meanwhile, the source stays where it is until what this returns is called. */
  hold(wanted: SourceWanted): () => void {
    return this.#hold(keyOf(wanted));
  }

  /** For one that turned out not to be what was unpacked: somebody wrote to it. The next execution fetches it again. */
  async drop(wanted: SourceWanted): Promise<void> {
    const key = keyOf(wanted);
    this.#bundles.delete(key);
    await this.#remove(key);
  }

  /** What is kept for later gives way on a disk that is full: nobody else would remove it while this process lives. */
  async #downloadOrMakeRoom(key: string, wanted: SourceWanted): Promise<SourceBundle> {
    try {
      return await this.#download(key, wanted);
    } catch (error) {
      const unused = this.#unused();
      if (!saysFull(error) || unused.length === 0) throw error;
      await this.#dropAll(unused);
      return this.#download(key, wanted);
    }
  }

  async #download(key: string, wanted: SourceWanted): Promise<SourceBundle> {
    const started = Date.now();
    // Not at the worker's start, which must not fail for a disk that is full: applies wait to be taken over.
    if (!existsSync(this.#directory)) makeOwnedDirectory(this.#directory, 0o700);
    const partial = join(this.#directory, `${key}.partial`);
    const directory = join(this.#directory, key);
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true, mode: 0o700 });
    const { archiveBytes, digest } = await this.#unpack(wanted, partial).catch(async (error: unknown) => {
      // Each commit may be refused, and each would leave as much as is unpacked before that.
      await rm(partial, { recursive: true, force: true });
      throw error;
    });
    await rm(directory, { recursive: true, force: true });
    await rename(partial, directory);
    const copies = {
      take: (to: string) => this.#copies.take(key, to),
      keep: (from: string) => this.#copies.keep(key, from),
    };
    const listings = new Map();
    return { directory, archiveBytes, digest, listings, copies, downloadMs: Date.now() - started };
  }

  async #unpack(wanted: SourceWanted, directory: string) {
    try {
      return await unpackSource(await downloadArchive(this.#github, wanted.repository, wanted.commit), directory);
    } catch (error) {
      throw awayOf(error) ?? error;
    }
  }

  #hold(key: string): () => void {
    this.#users.set(key, (this.#users.get(key) ?? 0) + 1);
    return () => {
      const left = (this.#users.get(key) ?? 0) - 1;
      if (left > 0) this.#users.set(key, left);
      else this.#users.delete(key);
    };
  }

  /** Those not used for longest first. */
  #unused(): string[] {
    return [...this.#bundles.keys()].filter((key) => !this.#users.has(key));
  }

  async #dropOldest(): Promise<void> {
    await this.#dropAll(this.#unused().slice(0, Math.max(0, this.#bundles.size - kept)));
  }

  async #dropAll(keys: string[]): Promise<void> {
    for (const key of keys) this.#bundles.delete(key);
    for (const key of keys) await this.#remove(key);
  }

  async #remove(key: string): Promise<void> {
    await this.#copies.drop(key);
    await rm(join(this.#directory, key), { recursive: true, force: true });
  }
}

/** On top of the pauses between the tries of one download. */
const awayPauseMs = 5_000;

/** Undefined for what asking again does not mend. */
function awayOf(error: unknown): SourceAway | undefined {
  if (error instanceof PutOff) {
    const pauseMs = Math.max(0, error.retryAt.getTime() - Date.now());
    return new SourceAway(`${error.message}.`, { pauseMs, cause: error });
  }
  if (!isPassing(error) && !isPassing((error as Error).cause)) return undefined;
  const why = reasonOf(error as Error);
  return new SourceAway(`GitHub does not deliver the source (${why}).`, { pauseMs: awayPauseMs, cause: error });
}

/** What lies below it all, such as `getaddrinfo ENOTFOUND codeload.github.com`: whoever reads the log may mend that. */
function reasonOf({ cause, message }: Error): string {
  return cause instanceof Error ? reasonOf(cause) : message;
}

function keyOf({ repository, commit }: SourceWanted): string {
  return `${repository.id}-${commit}`;
}
