import type { components } from '@octokit/openapi-types';
import { authorAssociation } from '../shapes/association.ts';
import { commentShape } from '../shapes/comment.ts';
import { nodeId } from '../shapes/node-id.ts';
import { repositoryPage, repositoryUrl } from '../shapes/repository.ts';
import { simpleUser } from '../shapes/user.ts';
import { type Account, type Comment, getPullRequest, type PullRequest, type Repository } from '../store.ts';
import type { World } from '../world.ts';
import { notify } from './notify.ts';

interface CommentEvent {
  action: 'created' | 'edited' | 'deleted';
  sender: Account;
  /** The text before an edit. */
  before?: string;
}

/** Sends `issue_comment`: also for the App's own comments, as GitHub does. */
export function notifyComment(
  world: World,
  repository: Repository,
  at: { comment: Comment; happened: CommentEvent },
): void {
  const { comment, happened } = at;
  const payload = {
    action: happened.action,
    ...(happened.before === undefined ? {} : { changes: { body: { from: happened.before } } }),
    issue: issueOf(world, repository, getPullRequest(repository, comment.number)),
    comment: commentShape(world, repository, comment),
  };
  notify(world, repository, { event: 'issue_comment', sender: happened.sender, payload });
}

/** A pull request as the issue that it also is. */
export function issueOf(world: World, repository: Repository, pull: PullRequest): components['schemas']['issue'] {
  const url = `${repositoryUrl(world, repository)}/issues/${pull.number}`;
  const page = `${repositoryPage(world, repository)}/pull/${pull.number}`;
  const comments = [...repository.comments.values()].filter((comment) => comment.number === pull.number).length;
  return {
    id: pull.id + 1_000_000,
    node_id: nodeId('PullRequest', pull.id),
    url,
    repository_url: repositoryUrl(world, repository),
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: page,
    number: pull.number,
    state: pull.state,
    state_reason: null,
    title: pull.title,
    body: pull.body,
    user: simpleUser(world, pull.author),
    ...{ labels: [], assignee: null, assignees: [], milestone: null, locked: pull.locked, active_lock_reason: null },
    comments,
    pull_request: {
      url: `${repositoryUrl(world, repository)}/pulls/${pull.number}`,
      html_url: page,
      diff_url: `${page}.diff`,
      patch_url: `${page}.patch`,
      merged_at: pull.mergedAt,
    },
    closed_at: pull.closedAt,
    created_at: pull.createdAt,
    updated_at: pull.updatedAt,
    draft: pull.draft,
    author_association: authorAssociation(repository, pull.author),
    performed_via_github_app: null,
  };
}
