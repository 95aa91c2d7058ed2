import type { components } from '@octokit/openapi-types';
import { type GitCommit, type GitPerson, getCommit } from '../git/commits.ts';
import { type ChangedFile, changedFiles } from '../git/diff.ts';
import { EMPTY_TREE } from '../git/repository.ts';
import type { Account, Repository } from '../store.ts';
import type { World } from '../world.ts';
import { nodeId } from './node-id.ts';
import { repositoryPage, repositoryUrl } from './repository.ts';
import { noreplyEmail, simpleUser } from './user.ts';

type Commit = components['schemas']['commit'];

/** A commit as it stands in lists; `files` and `stats` are added where GitHub has them. */
export function commitShape(world: World, repository: Repository, commit: GitCommit): Commit {
  const url = `${repositoryUrl(world, repository)}/commits/${commit.sha}`;
  const page = `${repositoryPage(world, repository)}/commit`;
  const account = (person: GitPerson) => {
    const found = accountOf(world, person);
    return found ? simpleUser(world, found) : null;
  };
  return {
    url,
    sha: commit.sha,
    node_id: nodeId('Commit', commit.sha),
    html_url: `${page}/${commit.sha}`,
    comments_url: `${url}/comments`,
    commit: {
      url: `${repositoryUrl(world, repository)}/git/commits/${commit.sha}`,
      author: commit.author,
      committer: commit.committer,
      message: commit.message,
      comment_count: 0,
      tree: { sha: commit.tree, url: `${repositoryUrl(world, repository)}/git/trees/${commit.tree}` },
      verification: { verified: false, reason: 'unsigned', payload: null, signature: null, verified_at: null },
    },
    author: account(commit.author),
    committer: account(commit.committer),
    parents: commit.parents.map((sha) => ({
      sha,
      url: `${repositoryUrl(world, repository)}/commits/${sha}`,
      html_url: `${page}/${sha}`,
    })),
  };
}

/** What a commit changed against its first parent. */
export async function filesOfCommit(repository: Repository, sha: string): Promise<ChangedFile[]> {
  const commit = await getCommit(repository.git, sha);
  return changedFiles(repository.git, commit.parents[0] ?? EMPTY_TREE, sha);
}

/** A changed file; `sha` is the commit at which its content can be read. */
export function diffEntry(world: World, repository: Repository, at: { file: ChangedFile; sha: string }) {
  const { file, sha } = at;
  const path = file.filename.split('/').map(encodeURIComponent).join('/');
  return {
    sha: file.sha,
    filename: file.filename,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${repositoryPage(world, repository)}/blob/${sha}/${path}`,
    raw_url: `${repositoryPage(world, repository)}/raw/${sha}/${path}`,
    contents_url: `${repositoryUrl(world, repository)}/contents/${path}?ref=${sha}`,
    ...(file.patch === undefined ? {} : { patch: file.patch }),
    ...(file.previousFilename === undefined ? {} : { previous_filename: file.previousFilename }),
  } satisfies components['schemas']['diff-entry'];
}

/** Whose commit this is, by the address that commitAs gave it. */
export function accountOf(world: World, person: GitPerson): Account | undefined {
  for (const account of world.store.accounts.values()) {
    if (noreplyEmail(account) === person.email) return account;
  }
  return undefined;
}
