import { join } from 'node:path';
import { fetchBranch } from '../git/archive.ts';
import { createGitDirectory, listBranches } from '../git/repository.ts';
import { writeCommit } from '../git/write-commit.ts';
import type { NewRepository, RepositoryName, SandboxRepository } from '../github.ts';
import { installationShape } from '../shapes/app.ts';
import { nodeId } from '../shapes/node-id.ts';
import { fullName, repositoryPage } from '../shapes/repository.ts';
import { simpleUser } from '../shapes/user.ts';
import { type Account, type Installation, type Repository, repositoryKey, timestamp } from '../store.ts';
import type { World } from '../world.ts';
import { gitPerson } from './push.ts';

/** Makes an account, or returns the one that is there. */
export function createAccount(world: World, login: string, type: Account['type'] = 'User'): Account {
  const known = world.store.accounts.get(login.toLowerCase());
  if (known) return known;
  if (!/^[a-z\d][a-z\d-]{0,38}$/i.test(login)) {
    throw new Error(`${JSON.stringify(login)} is no login: letters, digits and hyphens, at most 39`);
  }
  const account: Account = { id: world.store.nextId(), login, type };
  world.store.accounts.set(login.toLowerCase(), account);
  return account;
}

/** Makes a repository with a first commit, and installs the App on it. */
export async function createRepository(world: World, wanted: NewRepository): Promise<Repository> {
  const repository = await emptyRepository(world, wanted);
  const author = wanted.author === undefined ? repository.owner : createAccount(world, wanted.author);
  await writeCommit(repository.git, {
    ref: `refs/heads/${repository.defaultBranch}`,
    files: wanted.files,
    message: wanted.message ?? 'Initial commit',
    author: gitPerson(author),
  });
  if (wanted.install ?? true) install(world, repository, wanted.announce ?? false);
  return repository;
}

/** Copies all branches of a repository to another owner's. */
export async function forkRepository(world: World, origin: Repository, owner: string): Promise<Repository> {
  const account = createAccount(world, owner);
  const wanted = {
    owner: account.login,
    name: origin.name,
    private: origin.private,
    defaultBranch: origin.defaultBranch,
  };
  const fork = await emptyRepository(world, wanted);
  fork.forkOf = origin;
  for (const branch of await listBranches(origin.git)) {
    await fetchBranch(fork.git, origin.git, { branch: branch.name, to: `refs/heads/${branch.name}` });
  }
  return fork;
}

/** What a caller of the sandbox gets to know of a repository. */
export function describeRepository(world: World, repository: Repository): SandboxRepository {
  return {
    id: repository.id,
    owner: repository.owner.login,
    name: repository.name,
    fullName: fullName(repository),
    installationId: repository.installation?.id ?? null,
    gitDirectory: repository.git.path,
    defaultBranch: repository.defaultBranch,
    htmlUrl: repositoryPage(world, repository),
  };
}

type Wanted = RepositoryName & Pick<NewRepository, 'private' | 'defaultBranch'>;

async function emptyRepository(world: World, wanted: Wanted): Promise<Repository> {
  const key = repositoryKey(wanted.owner, wanted.name);
  if (world.store.repositories.has(key))
    throw new Error(`There is a repository ${wanted.owner}/${wanted.name} already`);
  if (!/^(?!\.+$)[\w.-]{1,100}$/.test(wanted.name)) {
    throw new Error(
      `${JSON.stringify(wanted.name)} is no repository name: letters, digits, ".", "-" and "_", at most 100`,
    );
  }
  const owner = createAccount(world, wanted.owner, 'Organization');
  const defaultBranch = wanted.defaultBranch ?? 'main';
  const { directory } = world.options;
  const path = join(directory, 'repositories', owner.login, `${wanted.name}.git`);
  const repository: Repository = {
    id: world.store.nextId(),
    ...{ owner, name: wanted.name, private: wanted.private ?? false, defaultBranch },
    ...{ createdAt: timestamp(), pushedAt: timestamp(), installation: undefined, forkOf: undefined },
    git: await createGitDirectory(path, join(directory, 'home'), defaultBranch),
    ...{ permissions: new Map(), pulls: new Map(), comments: new Map(), checkRuns: new Map(), checkSuites: new Map() },
  };
  world.store.repositories.set(key, repository);
  return repository;
}

function install(world: World, repository: Repository, announce: boolean): void {
  const known = [...world.store.installations.values()].find((one) => one.account === repository.owner);
  const installation = known ?? { id: world.store.nextId(), account: repository.owner, createdAt: timestamp() };
  world.store.installations.set(installation.id, installation);
  repository.installation = installation;
  if (!announce) return;
  const payload = known
    ? {
        action: 'added',
        repository_selection: 'selected',
        repositories_added: [brief(repository)],
        repositories_removed: [],
      }
    : { action: 'created', repositories: [brief(repository)] };
  notifyInstallation(world, installation, { event: known ? 'installation_repositories' : 'installation', payload });
}

/** Its git directory stays until the sandbox ends: pull requests elsewhere may hold its commits. */
export function deleteRepository(world: World, repository: Repository): void {
  world.store.repositories.delete(repositoryKey(repository.owner.login, repository.name));
  repository.git.objects.close();
}

/** Takes the App off a repository. */
export function uninstall(world: World, repository: Repository): void {
  const { installation } = repository;
  if (!installation) throw new Error(`The App is not installed on ${fullName(repository)}`);
  repository.installation = undefined;
  const payload = {
    ...{ action: 'removed', repository_selection: 'selected', repositories_added: [] },
    repositories_removed: [brief(repository)],
  };
  notifyInstallation(world, installation, { event: 'installation_repositories', payload });
}

/** Takes the App off an account. */
export function deleteInstallation(world: World, account: Account): void {
  const installation = [...world.store.installations.values()].find((one) => one.account === account);
  if (!installation) throw new Error(`The App is not installed on ${account.login}`);
  const all = [...world.store.repositories.values()].filter((one) => one.installation === installation);
  world.store.installations.delete(installation.id);
  for (const repository of all) repository.installation = undefined;
  const payload = { action: 'deleted', repositories: all.map(brief) };
  notifyInstallation(world, installation, { event: 'installation', payload });
}

/**
 * Gives a repository another name or owner; its former address leads on. A new owner has the App only if it is installed
 * there. The App is told of what it loses and gains, but not of a name: `repository` is no event of its own.
 */
export function moveRepository(
  world: World,
  repository: Repository,
  to: { owner?: string | undefined; name?: string | undefined },
): void {
  const former = repositoryKey(repository.owner.login, repository.name);
  const owner = to.owner === undefined ? repository.owner : createAccount(world, to.owner, 'Organization');
  const key = repositoryKey(owner.login, to.name ?? repository.name);
  if (world.store.repositories.has(key)) throw new Error(`There is a repository ${key} already`);
  const lost = owner === repository.owner ? undefined : repository.installation;
  if (lost) uninstall(world, repository);
  world.store.repositories.delete(former);
  world.store.formerNames.set(former, repository);
  world.store.repositories.set(key, repository);
  repository.owner = owner;
  repository.name = to.name ?? repository.name;
  const theirs = [...world.store.installations.values()].find((one) => one.account === owner);
  if (lost && theirs) install(world, repository, true);
}

function notifyInstallation(
  world: World,
  installation: Installation,
  { event, payload }: { event: string; payload: Record<string, unknown> },
): void {
  const more = {
    installation: installationShape(world, installation),
    sender: simpleUser(world, installation.account),
    requester: null,
  };
  world.webhooks.send({ event, payload: { ...payload, ...more }, installationId: installation.id, repositoryId: null });
}

function brief(repository: Repository) {
  return {
    id: repository.id,
    node_id: nodeId('Repository', repository.id),
    name: repository.name,
    full_name: fullName(repository),
    private: repository.private,
  };
}
