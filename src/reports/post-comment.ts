import { createHash } from 'node:crypto';
import type { Repository } from '../db/repositories.ts';
import type { Urgency } from '../github/budget.ts';
import { createComment, findOwnComment, type PostedComment, unlessLocked, updateComment } from '../github/comments.ts';
import { refOf } from '../github/github.ts';
import type { ReportDeps } from './deps.ts';
import { requestSecondLook } from './second-look.ts';

export interface CommentToPost {
  number: number;
  /** What the comment is, once per pull request: `sticky`, `result:<run>`, `reply:<command>`. */
  marker: string;
  /** Begins with a hidden line that names it; what is before its ` sha=` or end finds it again. */
  body: string;
  /** The part of the body's start by which a comment is found whose reply was lost. */
  startsWith: string;
  /** Of an edit that only tells how far something is; default is what has come of it. */
  urgency?: Urgency;
}

/** A comment that is there with its text. */
export interface CommentThere {
  /** Since when, by GitHub's clock. */
  updatedAt: Date;
  /** Whether anything had to be sent. */
  sent: boolean;
}

/**
 * Makes a comment be there exactly once with this text. The row is claimed before GitHub is asked, so when the answer
 * to a creation was lost, the next try looks for the comment before it makes one. Unchanged text is not sent again.
 * Undefined where none is taken, because the conversation is locked.
 */
export async function postComment(
  deps: Pick<ReportDeps, 'db' | 'github' | 'appId' | 'log'>,
  repository: Repository,
  comment: CommentToPost,
): Promise<CommentThere | undefined> {
  const key = { repository_id: repository.id, pull_request_number: comment.number, marker: comment.marker };
  const digest = createHash('sha256').update(comment.body).digest('hex');
  const claimed = await deps.db
    .insertInto('posted_comments')
    .values(key)
    .onConflict((conflict) => conflict.doNothing())
    .returning('marker')
    .executeTakeFirst();
  const known = claimed ? undefined : await find(deps, key);
  if (known?.updated_at && known.body_sha256 === digest) return { updatedAt: known.updated_at, sent: false };
  if (known?.github_id === null) {
    const { number, marker, startsWith } = comment;
    await requestSecondLook(deps, { repositoryId: repository.id, kind: 'comment', number, marker, startsWith });
  }
  const posted = await unlessLocked(
    send(deps, repository, { comment, githubId: known?.github_id ?? null, lookFirst: !claimed }),
  );
  if (!posted) {
    deps.log.warn(key, 'a comment was not taken: the conversation is locked');
    return undefined;
  }
  await deps.db
    .updateTable('posted_comments')
    .set({ github_id: posted.id, body_sha256: digest, updated_at: posted.updatedAt })
    .where('repository_id', '=', key.repository_id)
    .where('pull_request_number', '=', key.pull_request_number)
    .where('marker', '=', key.marker)
    .execute();
  return { updatedAt: posted.updatedAt, sent: true };
}

async function find(
  deps: Pick<ReportDeps, 'db'>,
  key: { repository_id: number; pull_request_number: number; marker: string },
) {
  return deps.db
    .selectFrom('posted_comments')
    .selectAll()
    .where('repository_id', '=', key.repository_id)
    .where('pull_request_number', '=', key.pull_request_number)
    .where('marker', '=', key.marker)
    .executeTakeFirst();
}

async function send(
  deps: Pick<ReportDeps, 'github' | 'appId'>,
  repository: Repository,
  about: { comment: CommentToPost; githubId: number | null; lookFirst: boolean },
): Promise<PostedComment> {
  const { comment, lookFirst } = about;
  const { body, urgency } = comment;
  const ref = refOf(repository);
  const id = about.githubId ?? (lookFirst ? await lookFor(deps, repository, comment) : undefined);
  const updated = id === undefined ? undefined : await updateComment(deps.github, ref, { id, body }, urgency);
  return updated ?? (await createComment(deps.github, ref, comment));
}

async function lookFor(
  deps: Pick<ReportDeps, 'github' | 'appId'>,
  repository: Repository,
  comment: CommentToPost,
): Promise<number | undefined> {
  const { number, startsWith } = comment;
  return (await findOwnComment(deps.github, refOf(repository), { number, startsWith, appId: deps.appId }))?.id;
}
