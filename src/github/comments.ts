import type { Urgency } from './budget.ts';
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
  urgency: Urgency = 'report',
): Promise<PostedComment | undefined> {
  const updated = await orUndefined(
    github.write(
      repository,
      (octokit, at) => octokit.rest.issues.updateComment({ ...at, comment_id: comment.id, body: comment.body }),
      urgency,
    ),
  );
  return updated && { id: updated.data.id, updatedAt: new Date(updated.data.updated_at) };
}

/**
 * Undefined where the conversation is locked: GitHub then takes no comment of an App and no change of one, whatever it
 * may otherwise. Asking again is of no use before somebody unlocks it.
 */
export async function unlessLocked<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    const { status, message } = error as { status?: number; message?: string };
    if (status === 403 && /\blocked\b/i.test(message ?? '')) return undefined;
    throw error;
  }
}

interface WantedComment {
  number: number;
  startsWith: string;
  appId: number;
}

/** Our own comment that begins with this text: the one whose reply was lost after GitHub had made it. */
export async function findOwnComment(
  github: GitHub,
  repository: RepositoryRef,
  wanted: WantedComment,
): Promise<PostedComment | undefined> {
  return (await listOwnComments(github, repository, wanted))[0];
}

/** Our own comments that begin with this text, the oldest first. */
export async function listOwnComments(
  github: GitHub,
  repository: RepositoryRef,
  { number, startsWith, appId }: WantedComment,
): Promise<PostedComment[]> {
  const comments = await github.read(repository, (octokit, at) =>
    octokit.paginate(octokit.rest.issues.listComments, { ...at, issue_number: number, per_page: 100 }),
  );
  return comments
    .filter((comment) => comment.performed_via_github_app?.id === appId && comment.body?.startsWith(startsWith))
    .map(({ id, updated_at }) => ({ id, updatedAt: new Date(updated_at) }));
}

/** One that is gone already is fine. */
export async function deleteComment(github: GitHub, repository: RepositoryRef, id: number): Promise<void> {
  await orUndefined(
    github.write(repository, (octokit, at) => octokit.rest.issues.deleteComment({ ...at, comment_id: id })),
  );
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
