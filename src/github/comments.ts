import { type GitHub, once, orUndefined, type RepositoryRef } from './github.ts';

export type Reaction = 'eyes' | 'rocket' | '+1' | '-1' | 'confused';

export interface PostedComment {
  id: number;
  /** GitHub's clock, whole seconds. */
  updatedAt: Date;
}

export async function createComment(
  github: GitHub,
  repository: RepositoryRef,
  comment: { number: number; body: string },
): Promise<PostedComment> {
  const { data } = await github.write(repository, (octokit, at) =>
    octokit.rest.issues.createComment({ ...at, issue_number: comment.number, body: comment.body, request: once }),
  );
  return { id: data.id, updatedAt: new Date(data.updated_at) };
}

/** Undefined when somebody has deleted it. */
export async function updateComment(
  github: GitHub,
  repository: RepositoryRef,
  comment: { id: number; body: string },
): Promise<PostedComment | undefined> {
  const updated = await orUndefined(
    github.write(repository, (octokit, at) =>
      octokit.rest.issues.updateComment({ ...at, comment_id: comment.id, body: comment.body }),
    ),
  );
  return updated && { id: updated.data.id, updatedAt: new Date(updated.data.updated_at) };
}

/** Our own comment that begins with this text: the one whose reply was lost after GitHub had made it. */
export async function findOwnComment(
  github: GitHub,
  repository: RepositoryRef,
  wanted: { number: number; startsWith: string; appId: number },
): Promise<PostedComment | undefined> {
  const comments = await github.read(repository, (octokit, at) =>
    octokit.paginate(octokit.rest.issues.listComments, { ...at, issue_number: wanted.number, per_page: 100 }),
  );
  const own = comments.find(
    (comment) => comment.performed_via_github_app?.id === wanted.appId && comment.body?.startsWith(wanted.startsWith),
  );
  return own && { id: own.id, updatedAt: new Date(own.updated_at) };
}

/** Adding a reaction that is there already changes nothing. A comment that was deleted meanwhile gets none. Tried once: nobody should wait for it. */
export async function react(
  github: GitHub,
  repository: RepositoryRef,
  reaction: { commentId: number; content: Reaction },
): Promise<void> {
  await orUndefined(
    github.write(
      repository,
      (octokit, at) =>
        octokit.rest.reactions.createForIssueComment({
          ...at,
          comment_id: reaction.commentId,
          content: reaction.content,
          request: once,
        }),
      'courtesy',
    ),
  );
}
