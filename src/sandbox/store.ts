import type { GitDirectory } from './git/run.ts';

/** What the sandbox remembers besides git: all of it in memory, gone when it stops. */

export interface Account {
  id: number;
  login: string;
  type: 'User' | 'Organization' | 'Bot';
}

/** GitHub's five repository roles, and none. */
export type Permission = 'none' | 'read' | 'triage' | 'write' | 'maintain' | 'admin';

export type ReactionContent = '+1' | '-1' | 'laugh' | 'confused' | 'heart' | 'hooray' | 'rocket' | 'eyes';

export interface Reaction {
  id: number;
  user: Account;
  content: ReactionContent;
  createdAt: string;
}

export interface Comment {
  id: number;
  number: number;
  author: Account;
  body: string;
  createdAt: string;
  updatedAt: string;
  reactions: Reaction[];
}

export interface Review {
  id: number;
  author: Account;
  state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED';
  body: string;
  commit: string;
  submittedAt: string;
}

export interface PullRequest {
  id: number;
  number: number;
  title: string;
  body: string | null;
  author: Account;
  state: 'open' | 'closed';
  draft: boolean;
  /** The conversation is. */
  locked: boolean;
  head: { repository: Repository; ref: string; sha: string };
  /** `sha` is the base's tip when the head was last pushed, or what it was merged into. */
  base: { ref: string; sha: string };
  createdAt: string;
  updatedAt: string;
  closedAt: string | null;
  mergedAt: string | null;
  mergedBy: Account | null;
  mergeCommitSha: string | null;
  reviews: Review[];
}

export interface Annotation {
  path: string;
  start_line: number;
  end_line: number;
  start_column: number | null;
  end_column: number | null;
  annotation_level: 'notice' | 'warning' | 'failure';
  message: string;
  title: string | null;
  raw_details: string | null;
}

export interface CheckAction {
  label: string;
  description: string;
  identifier: string;
}

export type CheckStatus = 'queued' | 'in_progress' | 'completed' | 'waiting' | 'requested' | 'pending';
export type CheckConclusion =
  | 'success'
  | 'failure'
  | 'neutral'
  | 'cancelled'
  | 'skipped'
  | 'timed_out'
  | 'action_required';

export interface CheckRun {
  id: number;
  name: string;
  headSha: string;
  suiteId: number;
  status: CheckStatus;
  conclusion: CheckConclusion | null;
  externalId: string | null;
  detailsUrl: string | null;
  startedAt: string | null;
  completedAt: string | null;
  output: { title: string | null; summary: string | null; text: string | null };
  annotations: Annotation[];
  actions: CheckAction[];
  /** Of another App than ours. */
  foreign?: boolean;
}

export interface CheckSuite {
  id: number;
  headSha: string;
  headBranch: string | null;
  before: string | null;
  createdAt: string;
}

export interface Repository {
  id: number;
  owner: Account;
  name: string;
  private: boolean;
  defaultBranch: string;
  createdAt: string;
  pushedAt: string;
  git: GitDirectory;
  installation: Installation | undefined;
  /** By login. */
  permissions: Map<string, Permission>;
  pulls: Map<number, PullRequest>;
  comments: Map<number, Comment>;
  checkRuns: Map<number, CheckRun>;
  /** By head commit: the App has one suite per commit. */
  checkSuites: Map<string, CheckSuite>;
  forkOf: Repository | undefined;
}

export interface Installation {
  id: number;
  account: Account;
  createdAt: string;
}

export type TokenScope = Record<string, 'read' | 'write'>;

export type Token =
  | {
      kind: 'installation';
      installation: Installation;
      repositoryIds: number[] | undefined;
      scope: TokenScope;
      expiresAt: number;
    }
  | { kind: 'user'; account: Account; expiresAt: number }
  | { kind: 'archive'; repository: Repository; expiresAt: number };

export interface Store {
  nextId(): number;
  accounts: Map<string, Account>;
  repositories: Map<string, Repository>;
  /** By the key of a name or owner that they had before: GitHub leads on to the present one. */
  formerNames: Map<string, Repository>;
  installations: Map<number, Installation>;
  tokens: Map<string, Token>;
}

/** An empty store. Ids are unique over all kinds of things, so that one id in the wrong place finds nothing. */
export function createStore(): Store {
  let last = 1000;
  return {
    nextId: () => ++last,
    accounts: new Map(),
    repositories: new Map(),
    formerNames: new Map(),
    installations: new Map(),
    tokens: new Map(),
  };
}

/** `owner/name` as the key under which a repository is kept: GitHub does not tell upper from lower case. */
export function repositoryKey(owner: string, name: string): string {
  return `${owner}/${name}`.toLowerCase();
}

/** A repository that must be there. */
export function getRepository(store: Store, repo: { owner: string; name: string }): Repository {
  const found = store.repositories.get(repositoryKey(repo.owner, repo.name));
  if (!found)
    throw new Error(`The sandbox has no repository ${repo.owner}/${repo.name}. Make it with createRepository.`);
  return found;
}

/** An account that must be there. */
export function getAccount(store: Store, login: string): Account {
  const found = store.accounts.get(login.toLowerCase());
  if (!found) throw new Error(`The sandbox has no user ${login}. Make it with createUser.`);
  return found;
}

/** A pull request that must be there. */
export function getPullRequest(repository: Repository, number: number): PullRequest {
  const found = repository.pulls.get(number);
  if (!found) throw new Error(`${repository.owner.login}/${repository.name} has no pull request #${number}`);
  return found;
}

/** What someone may do: their own role, else what everybody may. */
export function permissionOf(repository: Repository, login: string): Permission {
  if (login.toLowerCase() === repository.owner.login.toLowerCase()) return 'admin';
  return repository.permissions.get(login.toLowerCase()) ?? (repository.private ? 'none' : 'read');
}

/** A role as the flags that stand beside it. */
export function permissionFlags(role: Permission) {
  const rank = ['none', 'read', 'triage', 'write', 'maintain', 'admin'].indexOf(role);
  return { admin: rank >= 5, maintain: rank >= 4, push: rank >= 3, triage: rank >= 2, pull: rank >= 1 };
}

/** Now as GitHub writes it: UTC, whole seconds. */
export function timestamp(milliseconds = Date.now()): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}
