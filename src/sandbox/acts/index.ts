import type { ServerType } from '@hono/node-server';
import { branchTip, moveRef, resolveCommit } from '../git/repository.ts';
import { findEntry, readBlob } from '../git/trees.ts';
import type { RepositoryName, Sandbox } from '../github.ts';
import { closeServer } from '../http/serve.ts';
import {
  type Account,
  getAccount,
  getPullRequest,
  getRepository,
  type PullRequest,
  type Repository,
} from '../store.ts';
import type { World } from '../world.ts';
import { getCheck, pressButton, reportForeignCheck, rerequestCheck, rerequestSuite } from './checks.ts';
import { addComment, changeComment, getComment, removeComment } from './comments.ts';
import { mergePull, queuePull } from './merge.ts';
import { closePull, editPull, openPull, reopenPull, setDraft, setLocked } from './pulls.ts';
import { commitToBranch, deleteBranch } from './push.ts';
import {
  createAccount,
  createRepository,
  deleteInstallation,
  deleteRepository,
  describeRepository,
  forkRepository,
  moveRepository,
  uninstall,
} from './repositories.ts';
import { reviewPull } from './reviews.ts';
import { viewChecks, viewConversation } from './view.ts';

/** Binds everything a person can do on GitHub to a world that is being served. */
export function createSandbox(world: World, server: ServerType): Sandbox {
  const { calls, faults, webhooks } = world;
  return {
    url: world.url,
    apiUrl: world.apiUrl,
    ...repositoryActs(world),
    ...pullActs(world),
    ...conversationActs(world),
    ...{ calls, faults, deliveries: webhooks.deliveries, redeliver: webhooks.redeliver, idle: webhooks.idle },
    pointWebhooksAt(url) {
      world.options.app.webhookUrl = url;
    },
    async stop() {
      await closeServer(server);
      await webhooks.stop();
      for (const repository of world.store.repositories.values()) repository.git.objects.close();
    },
  };
}

type RepositoryActs = Pick<
  Sandbox,
  | 'createUser'
  | 'createRepository'
  | 'forkRepository'
  | 'deleteRepository'
  | 'uninstall'
  | 'deleteInstallation'
  | 'moveRepository'
  | 'setDefaultBranch'
  | 'setPermission'
  | 'commit'
  | 'deleteBranch'
  | 'head'
  | 'readFile'
>;

function repositoryActs(world: World): RepositoryActs {
  const get = (repo: RepositoryName) => getRepository(world.store, repo);
  return {
    createUser: (login) => createAccount(world, login),
    createRepository: async (wanted) => describeRepository(world, await createRepository(world, wanted)),
    forkRepository: async (repo, owner) => describeRepository(world, await forkRepository(world, get(repo), owner)),
    deleteRepository: (repo) => deleteRepository(world, get(repo)),
    uninstall: (repo) => uninstall(world, get(repo)),
    deleteInstallation: (owner) => deleteInstallation(world, getAccount(world.store, owner)),
    moveRepository(repo, to) {
      const repository = get(repo);
      moveRepository(world, repository, to);
      return describeRepository(world, repository);
    },
    async setDefaultBranch(repo, branch) {
      const repository = get(repo);
      const tip = await branchTip(repository.git, repository.defaultBranch);
      if (tip) await moveRef(repository.git, `refs/heads/${branch}`, { to: tip });
      repository.defaultBranch = branch;
      return describeRepository(world, repository);
    },
    setPermission(repo, login, permission) {
      get(repo).permissions.set(createAccount(world, login).login.toLowerCase(), permission);
    },
    commit: (repo, commit) => commitToBranch(world, get(repo), commit),
    deleteBranch: (repo, branch, login) =>
      deleteBranch(world, get(repo), { branch, by: getAccount(world.store, login) }),
    async head(repo, branch) {
      const tip = await branchTip(get(repo).git, branch);
      if (!tip) throw new Error(`There is no branch ${JSON.stringify(branch)}`);
      return tip;
    },
    readFile: (repo, ref, path) => readText(get(repo), { ref, path }),
  };
}

async function readText(repository: Repository, at: { ref: string; path: string }): Promise<string | undefined> {
  const sha = await resolveCommit(repository.git, at.ref);
  const entry = sha === undefined ? undefined : await findEntry(repository.git, sha, at.path);
  return entry?.type === 'blob' ? (await readBlob(repository.git, entry.sha))?.toString('utf8') : undefined;
}

type PullActs = Pick<
  Sandbox,
  | 'openPullRequest'
  | 'mergePullRequest'
  | 'squashPullRequest'
  | 'closePullRequest'
  | 'reopenPullRequest'
  | 'convertToDraft'
  | 'markReadyForReview'
  | 'lockPullRequest'
  | 'unlockPullRequest'
  | 'editPullRequest'
  | 'reviewPullRequest'
  | 'queuePullRequest'
>;

function pullActs(world: World): PullActs {
  const get = (repo: RepositoryName) => getRepository(world.store, repo);
  const act = (repo: RepositoryName, number: number, login: string): { pull: PullRequest; by: Account } => ({
    pull: getPullRequest(get(repo), number),
    by: getAccount(world.store, login),
  });
  return {
    openPullRequest: async (repo, wanted) => (await openPull(world, get(repo), wanted)).number,
    mergePullRequest: async (repo, number, by) => mergePull(world, get(repo), act(repo, number, by)),
    squashPullRequest: async (repo, number, by) =>
      mergePull(world, get(repo), { ...act(repo, number, by), squash: true }),
    closePullRequest: async (repo, number, by) => closePull(world, get(repo), act(repo, number, by)),
    reopenPullRequest: async (repo, number, by) => reopenPull(world, get(repo), act(repo, number, by)),
    convertToDraft: async (repo, number, by) => setDraft(world, get(repo), { ...act(repo, number, by), draft: true }),
    markReadyForReview: async (repo, number, by) =>
      setDraft(world, get(repo), { ...act(repo, number, by), draft: false }),
    lockPullRequest: async (repo, number, by) =>
      setLocked(world, get(repo), { ...act(repo, number, by), locked: true }),
    unlockPullRequest: async (repo, number, by) =>
      setLocked(world, get(repo), { ...act(repo, number, by), locked: false }),
    editPullRequest: async (repo, number, edit) => editPull(world, get(repo), { ...act(repo, number, edit.by), edit }),
    reviewPullRequest: (repo, number, review) => reviewPull(world, { ...act(repo, number, review.login), ...review }),
    queuePullRequest: async (repo, number, by) => queuePull(world, get(repo), act(repo, number, by)),
  };
}

type ConversationActs = Pick<
  Sandbox,
  | 'comment'
  | 'editComment'
  | 'deleteComment'
  | 'reportForeignCheck'
  | 'pressCheckButton'
  | 'rerequestCheck'
  | 'rerequestSuite'
  | 'conversation'
  | 'checks'
>;

function conversationActs(world: World): ConversationActs {
  const get = (repo: RepositoryName) => getRepository(world.store, repo);
  const by = (login: string) => getAccount(world.store, login);
  return {
    comment(repo, number, { login, body }) {
      const pull = getPullRequest(get(repo), number);
      return addComment(world, get(repo), { number: pull.number, author: by(login), body }).id;
    },
    editComment: (repo, id, { login, body }) =>
      changeComment(world, get(repo), { comment: getComment(get(repo), id), body, by: by(login) }),
    deleteComment: (repo, id, login) =>
      removeComment(world, get(repo), { comment: getComment(get(repo), id), by: by(login) }),
    reportForeignCheck: (repo, sha, check) => reportForeignCheck(world, get(repo), { sha, ...check }),
    pressCheckButton: (repo, id, { identifier, login }) =>
      pressButton(world, get(repo), { check: getCheck(get(repo), id), identifier, by: by(login) }),
    rerequestCheck: (repo, id, login) =>
      rerequestCheck(world, get(repo), { check: getCheck(get(repo), id), by: by(login) }),
    rerequestSuite: async (repo, sha, login) => rerequestSuite(world, get(repo), { sha, by: by(login) }),
    conversation: (repo, number) => viewConversation(get(repo), getPullRequest(get(repo), number)),
    checks: (repo, sha) => viewChecks(get(repo), sha),
  };
}
