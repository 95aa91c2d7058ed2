import type { components } from '@octokit/openapi-types';
import { getCommit, listCommits, mergeBase } from '../git/commits.ts';
import { type ChangedFile, changedFiles } from '../git/diff.ts';
import { mergeTrees } from '../git/merge.ts';
import { branchTip, EMPTY_TREE } from '../git/repository.ts';
import { type PullRequest, type Repository, repositoryKey } from '../store.ts';
import type { World } from '../world.ts';
import { authorAssociation } from './association.ts';
import { nodeId } from './node-id.ts';
import { fullRepository, repositoryPage, repositoryUrl } from './repository.ts';
import { simpleUser } from './user.ts';

type Simple = components['schemas']['pull-request-simple'];
type Full = components['schemas']['pull-request'];

/** What a pull request is compared with: the present tip of its base while it is open, else the tip it ended with. */
export async function baseOf(repository: Repository, pull: PullRequest): Promise<string> {
  const tip = pull.state === 'open' ? await branchTip(repository.git, pull.base.ref) : undefined;
  return tip ?? pull.base.sha;
}

/** What a pull request changes, from where it left its base (three dots), as GitHub's "Files changed". */
export async function filesOfPull(repository: Repository, pull: PullRequest): Promise<ChangedFile[]> {
  const { git } = repository;
  const from = await mergeBase(git, await baseOf(repository, pull), pull.head.sha);
  return changedFiles(git, from ?? EMPTY_TREE, pull.head.sha);
}

/** The commits of a pull request, oldest first. */
export async function commitsOfPull(repository: Repository, pull: PullRequest) {
  const shas = await listCommits(repository.git, pull.head.sha, await baseOf(repository, pull));
  return Promise.all(shas.toReversed().map((sha) => getCommit(repository.git, sha)));
}

/** A pull request as it stands in lists. */
export function simplePull(world: World, repository: Repository, pull: PullRequest): Simple {
  const side = (of: Repository, ref: string, sha: string) => ({
    label: `${of.owner.login}:${ref}`,
    ...{ ref, sha },
    user: simpleUser(world, of.owner),
    // Null on GitHub too, although its description of lists does not say so.
    repo: (isThere(world, of) ? fullRepository(world, of) : null) as components['schemas']['repository'],
  });
  return {
    ...links(world, repository, pull),
    id: pull.id,
    node_id: nodeId('PullRequest', pull.id),
    number: pull.number,
    state: pull.state,
    locked: pull.locked,
    title: pull.title,
    user: simpleUser(world, pull.author),
    body: pull.body,
    ...{ labels: [], milestone: null, assignee: null, assignees: [], requested_reviewers: [], requested_teams: [] },
    created_at: pull.createdAt,
    updated_at: pull.updatedAt,
    closed_at: pull.closedAt,
    merged_at: pull.mergedAt,
    merge_commit_sha: pull.mergeCommitSha,
    draft: pull.draft,
    head: side(pull.head.repository, pull.head.ref, pull.head.sha),
    base: side(repository, pull.base.ref, pull.base.sha),
    author_association: authorAssociation(repository, pull.author),
    auto_merge: null,
  };
}

function isThere(world: World, repository: Repository): boolean {
  return world.store.repositories.get(repositoryKey(repository.owner.login, repository.name)) === repository;
}

/** A pull request as GitHub answers for one, and as it stands in its webhooks. */
export async function fullPull(world: World, repository: Repository, pull: PullRequest): Promise<Full> {
  const [files, commits, base] = await Promise.all([
    filesOfPull(repository, pull),
    commitsOfPull(repository, pull),
    baseOf(repository, pull),
  ]);
  const sum = (of: (file: ChangedFile) => number) => files.reduce((total, file) => total + of(file), 0);
  const mergeable =
    pull.state === 'open' ? (await mergeTrees(repository.git, base, pull.head.sha)) !== undefined : null;
  const comments = [...repository.comments.values()].filter((comment) => comment.number === pull.number).length;
  return {
    ...(simplePull(world, repository, pull) as Omit<Full, keyof Counted>),
    merged: pull.mergedAt !== null,
    mergeable,
    rebaseable: mergeable,
    mergeable_state: mergeable === null ? 'unknown' : mergeable ? (pull.draft ? 'draft' : 'clean') : 'dirty',
    merged_by: pull.mergedBy ? simpleUser(world, pull.mergedBy) : null,
    comments,
    review_comments: 0,
    maintainer_can_modify: false,
    commits: commits.length,
    additions: sum((file) => file.additions),
    deletions: sum((file) => file.deletions),
    changed_files: files.length,
  };
}

type Counted = Pick<
  Full,
  | 'merged'
  | 'mergeable'
  | 'mergeable_state'
  | 'merged_by'
  | 'comments'
  | 'review_comments'
  | 'maintainer_can_modify'
  | 'commits'
  | 'additions'
  | 'deletions'
  | 'changed_files'
>;

function links(world: World, repository: Repository, pull: PullRequest) {
  const api = repositoryUrl(world, repository);
  const url = `${api}/pulls/${pull.number}`;
  const page = `${repositoryPage(world, repository)}/pull/${pull.number}`;
  const addresses = {
    url,
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    issue_url: `${api}/issues/${pull.number}`,
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: `${api}/pulls/comments{/number}`,
    comments_url: `${api}/issues/${pull.number}/comments`,
    statuses_url: `${api}/statuses/${pull.head.sha}`,
  };
  return {
    ...addresses,
    _links: {
      self: { href: url },
      html: { href: page },
      issue: { href: addresses.issue_url },
      comments: { href: addresses.comments_url },
      review_comments: { href: addresses.review_comments_url },
      review_comment: { href: addresses.review_comment_url },
      commits: { href: addresses.commits_url },
      statuses: { href: addresses.statuses_url },
    },
  };
}

/** The few facts of a pull request that check runs carry. */
export function minimalPulls(
  world: World,
  repository: Repository,
  sha: string,
): components['schemas']['pull-request-minimal'][] {
  const side = (of: Repository, ref: string, tip: string) => ({
    ref,
    sha: tip,
    repo: { id: of.id, url: repositoryUrl(world, of), name: of.name },
  });
  const pulls = [...repository.pulls.values()];
  // GitHub leaves forks' pull requests out of this list.
  return pulls
    .filter((pull) => pull.state === 'open' && pull.head.sha === sha && pull.head.repository === repository)
    .map((pull) => ({
      id: pull.id,
      number: pull.number,
      url: `${repositoryUrl(world, repository)}/pulls/${pull.number}`,
      head: side(repository, pull.head.ref, pull.head.sha),
      base: side(repository, pull.base.ref, pull.base.sha),
    }));
}

/** What git names the test merge and the head of a pull request. */
export function pullRef(pull: Pick<PullRequest, 'number'>, which: 'head' | 'merge'): string {
  return `refs/pull/${pull.number}/${which}`;
}
