import type { Octokit as RestOctokit } from '@octokit/rest';
import type { Probot } from 'probot';
import { ContentBudget, type ContentLimit, contentLimits, PutOff, type Urgency } from './budget.ts';
import { isUncompared } from './retry.ts';

/** A repository as the API needs it named, and whose token to use. */
export interface RepositoryRef {
  installationId: number;
  owner: string;
  name: string;
}

/** The reference from a row of our `repositories`. */
export function refOf(row: { installation_id: number; owner: string; name: string }): RepositoryRef {
  return { installationId: row.installation_id, owner: row.owner, name: row.name };
}

/** What we need of a client: Probot's, or any other of Octokit's. */
export type Octokit = Pick<RestOctokit, 'rest' | 'paginate' | 'request'>;

/** One client per installation, each with its budget of writes. What we ask GitHub is in the files beside this one. */
export class GitHub {
  readonly app: Probot;
  readonly #limits: readonly ContentLimit[];
  #asApp: Promise<Octokit> | undefined;
  #clients = new Map<number, Promise<Octokit>>();
  #budgets = new Map<number, ContentBudget>();

  /** `limits`: those of github.com unless it is known to be another place. */
  constructor(app: Probot, limits: readonly ContentLimit[] = contentLimits) {
    this.app = app;
    this.#limits = limits;
  }

  /** A client whose token is the installation's; the token is fetched when first needed and renewed by Octokit. */
  client(installationId: number): Promise<Octokit> {
    return remember(this.#clients, installationId, () => this.app.auth(installationId));
  }

  /** For reads. A refusal with a time to wait becomes `PutOff`. */
  async read<T>(
    repository: RepositoryRef,
    ask: (octokit: Octokit, at: { owner: string; repo: string }) => Promise<T>,
  ): Promise<T> {
    const octokit = await this.client(repository.installationId);
    return orPutOff(ask(octokit, { owner: repository.owner, repo: repository.name }));
  }

  /** As `read`, of all that an installation may see. */
  async readAs<T>(installationId: number, ask: (octokit: Octokit) => Promise<T>): Promise<T> {
    return orPutOff(ask(await this.client(installationId)));
  }

  /** As `read`, signed in as the App itself: for what is said of its installations and webhooks. */
  async readAsApp<T>(ask: (octokit: Octokit) => Promise<T>): Promise<T> {
    this.#asApp ??= this.app.auth();
    return orPutOff(ask(await this.#asApp));
  }

  /** For writes that create content: each is counted against the installation's budget first. */
  async write<T>(
    repository: RepositoryRef,
    tell: (octokit: Octokit, at: { owner: string; repo: string }) => Promise<T>,
    urgency: Urgency = 'report',
  ): Promise<T> {
    const budget = remember(this.#budgets, repository.installationId, () => new ContentBudget(this.#limits));
    await budget.take(urgency);
    try {
      return await this.read(repository, tell);
    } catch (error) {
      if (error instanceof PutOff) budget.pause(error.retryAt);
      throw error;
    }
  }
}

function remember<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

async function orPutOff<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw putOff(error) ?? error;
  }
}

interface RefusedResponse {
  status: number;
  headers: Record<string, string | undefined>;
  data?: { message?: unknown };
}

/** What GitHub asks for where it refuses for a secondary limit and names no time (docs: "Rate limits for the REST API"). */
const unnamedPauseMs = 60_000;

/** GitHub says when to come back in `retry-after` (seconds), or by an exhausted quota and its reset time. */
export function putOff(error: unknown): PutOff | undefined {
  const response = (error as { response?: RefusedResponse }).response;
  if (!response || (response.status !== 403 && response.status !== 429)) return undefined;
  const retryAfter = Number(response.headers['retry-after']);
  if (retryAfter > 0) return new PutOff(new Date(Date.now() + retryAfter * 1000), error);
  const reset = Number(response.headers['x-ratelimit-reset']);
  if (response.headers['x-ratelimit-remaining'] === '0' && reset > 0)
    return new PutOff(new Date(reset * 1000 + aheadOfGitHubMs(response)), error);
  const limited = response.status === 429 || /rate limit/i.test(String(response.data?.message));
  return limited ? new PutOff(new Date(Date.now() + unnamedPauseMs), error) : undefined;
}

/** A time that GitHub names is by its own clock, which each answer tells. */
function aheadOfGitHubMs({ headers }: RefusedResponse): number {
  return Date.now() - Date.parse(headers.date ?? '') || 0;
}

/**
 * For requests that make something: Octokit tries again by itself when an answer is lost, and then there are two. The
 * caller looks for the first before it tries again.
 */
export const once = { retries: 0 };

/** Undefined where GitHub answers 404: no such thing, or not ours to see. */
export async function orUndefined<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if ((error as { status?: number }).status === 404) return undefined;
    throw error;
  }
}

/** As `orUndefined`, of what two commits differ in: undefined too where that is so much that GitHub gives up. */
export async function orUncompared<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await orUndefined(asked);
  } catch (error) {
    if (isUncompared(error)) return undefined;
    throw error;
  }
}

export const unknownCommit = Symbol('a commit that GitHub does not know');

/** As `orUndefined`, of what is asked about a commit that may be gone, such as a merge queue's. */
export async function orUnknownCommit<T>(asked: Promise<T>): Promise<T | typeof unknownCommit> {
  try {
    return await asked;
  } catch (error) {
    const { status, message } = error as { status?: number; message?: string };
    if (status === 422 && message?.startsWith('No commit found for SHA')) return unknownCommit;
    throw error;
  }
}
