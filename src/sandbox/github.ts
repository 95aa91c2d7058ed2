import type { AddressInfo } from 'node:net';
import { createSandbox } from './acts/index.ts';
import type { CheckView, Conversation } from './acts/view.ts';
import type { Faults } from './faults.ts';
import type { FileChanges } from './git/write-commit.ts';
import type { RecordedCall } from './http/record.ts';
import { serveWorld } from './http/serve.ts';
import { openWorld } from './open-world.ts';
import type { Account, CheckConclusion, Permission, Review } from './store.ts';
import type { Delivery } from './webhooks.ts';

/** What the sandbox needs to know to play GitHub for one App. */
export interface SandboxOptions {
  /** Where the bare repositories are made; created if missing, never emptied. */
  directory: string;
  /** Loopback port; 0 (the default) takes a free one. */
  port?: number;
  app: {
    id: number;
    slug: string;
    /** PEM; verifies the App's JWTs (RS256). */
    publicKey: string;
    webhookUrl: string;
    webhookSecret: string;
    clientId?: string;
    clientSecret?: string;
  };
}

/** Names a repository. What createRepository returns will do. */
export interface RepositoryName {
  owner: string;
  name: string;
}

export interface SandboxRepository extends RepositoryName {
  id: number;
  fullName: string;
  installationId: number | null;
  /** Path of the real bare repository. */
  gitDirectory: string;
  defaultBranch: string;
  htmlUrl: string;
}

export interface NewRepository extends RepositoryName {
  private?: boolean;
  files: FileChanges;
  /** Default `main`. */
  defaultBranch?: string;
  message?: string;
  /** Login of who makes the first commit; the owner by default. */
  author?: string;
  /** Default true: the App is installed on it. */
  install?: boolean;
  /** Default false: whether the installation is told by webhook. */
  announce?: boolean;
}

export interface NewCommit {
  branch: string;
  /** A commit or branch to start from: for a new branch (default: the default branch) or, with `force`, to rewrite one. */
  from?: string;
  /** null deletes a file. */
  files: FileChanges;
  message: string;
  /** Login. */
  author: string;
  force?: boolean;
}

export interface NewPullRequest {
  title: string;
  head: string;
  base: string;
  author: string;
  draft?: boolean;
  body?: string;
  /** The fork that holds `head`. */
  headRepository?: RepositoryName;
}

export interface PullRequestEdit {
  /** Another base branch: retargets it. */
  base?: string;
  title?: string;
  body?: string;
}

/**
 * A GitHub in a box, for the demo and the tests: real bare git repositories behind GitHub's API, webhooks and pages.
 * Whatever a person does on GitHub is a method here; the App does the rest through the API. Everything named that does
 * not exist (a repository, a user, a branch) is an error.
 */
export interface Sandbox {
  url: string;
  apiUrl: string;
  stop(): Promise<void>;
  /** Webhooks go to this address from now on. */
  pointWebhooksAt(url: string): void;

  createUser(login: string): Account;
  createRepository(repository: NewRepository): Promise<SandboxRepository>;
  /** Copies a repository to another owner. The App is not installed on the fork. */
  forkRepository(repo: RepositoryName, owner: string): Promise<SandboxRepository>;
  /** Deletes a repository; pull requests from it stay, and say of their head that its repository is gone. */
  deleteRepository(repo: RepositoryName): void;
  /** Takes the App off a repository; announced by `installation_repositories`. */
  uninstall(repo: RepositoryName): void;
  /** Takes the App off an account with all its repositories; announced by `installation`. */
  deleteInstallation(owner: string): void;
  /** Renames a repository, or transfers it to another owner. */
  moveRepository(repo: RepositoryName, to: { owner?: string; name?: string }): SandboxRepository;
  /** Makes another branch, at the same commit, the default one. Nothing tells the App of it. */
  setDefaultBranch(repo: RepositoryName, branch: string): Promise<SandboxRepository>;
  setPermission(repo: RepositoryName, login: string, permission: Permission): void;

  /** Commits to a branch, makes it if new; `push`, and `pull_request.synchronize` for open pull requests. Returns the commit's id. */
  commit(repo: RepositoryName, commit: NewCommit): Promise<string>;
  deleteBranch(repo: RepositoryName, branch: string, login: string): Promise<void>;
  /** The tip of a branch. */
  head(repo: RepositoryName, branch: string): Promise<string>;
  /** A file's text at a branch or commit; undefined if it is not there. */
  readFile(repo: RepositoryName, ref: string, path: string): Promise<string | undefined>;

  openPullRequest(repo: RepositoryName, pull: NewPullRequest): Promise<number>;
  /** A real merge onto the present base; throws on a conflict. Returns the merge commit's id. */
  mergePullRequest(repo: RepositoryName, number: number, by: string): Promise<string>;
  squashPullRequest(repo: RepositoryName, number: number, by: string): Promise<string>;
  closePullRequest(repo: RepositoryName, number: number, by: string): Promise<void>;
  reopenPullRequest(repo: RepositoryName, number: number, by: string): Promise<void>;
  convertToDraft(repo: RepositoryName, number: number, by: string): Promise<void>;
  markReadyForReview(repo: RepositoryName, number: number, by: string): Promise<void>;
  /** Locks its conversation. */
  lockPullRequest(repo: RepositoryName, number: number, by: string): Promise<void>;
  unlockPullRequest(repo: RepositoryName, number: number, by: string): Promise<void>;
  editPullRequest(repo: RepositoryName, number: number, edit: PullRequestEdit & { by: string }): Promise<void>;
  reviewPullRequest(
    repo: RepositoryName,
    number: number,
    review: { login: string; state: Review['state']; body?: string },
  ): number;
  /** A check of another App, by its name: made, or brought to this conclusion; null while it runs. */
  reportForeignCheck(
    repo: RepositoryName,
    sha: string,
    check: { name: string; conclusion: CheckConclusion | null },
  ): void;
  /** Makes the merge group's commit on a queue branch and asks for its checks by `merge_group`. Returns the commit's id. */
  queuePullRequest(repo: RepositoryName, number: number, by: string): Promise<string>;

  /** Returns the comment's id. */
  comment(repo: RepositoryName, number: number, comment: { login: string; body: string }): number;
  editComment(repo: RepositoryName, commentId: number, comment: { login: string; body: string }): void;
  deleteComment(repo: RepositoryName, commentId: number, login: string): void;

  pressCheckButton(repo: RepositoryName, checkRunId: number, button: { identifier: string; login: string }): void;
  rerequestCheck(repo: RepositoryName, checkRunId: number, login: string): void;
  /** "Re-run all checks" of a commit. */
  rerequestSuite(repo: RepositoryName, sha: string, login: string): Promise<void>;

  /** What people see on a pull request. */
  conversation(repo: RepositoryName, number: number): Conversation;
  /** All check runs of a commit, oldest first. */
  checks(repo: RepositoryName, sha: string): CheckView[];

  /** Every call of the API, in order. */
  calls: RecordedCall[];
  deliveries: Delivery[];
  /** Sends it once more with the same X-GitHub-Delivery. */
  redeliver(deliveryId: number): Delivery;
  faults: Faults;
  /** Resolves when every queued webhook has been answered. */
  idle(): Promise<void>;
}

/** Starts the stand-in on loopback. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const world = await openWorld(options);
  const server = await serveWorld(world);
  const { port } = server.address() as AddressInfo;
  world.url = `http://127.0.0.1:${port}`;
  world.apiUrl = `${world.url}/api/v3`;
  return createSandbox(world, server);
}
