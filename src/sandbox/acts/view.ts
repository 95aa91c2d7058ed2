import type { Annotation, CheckAction, CheckRun, Comment, PullRequest, ReactionContent, Repository } from '../store.ts';

export interface CommentView {
  id: number;
  /** Login. */
  author: string;
  body: string;
  created_at: string;
  updated_at: string;
  reactions: { content: ReactionContent; user: string }[];
}

/** A pull request as people see it. */
export interface Conversation {
  number: number;
  title: string;
  body: string | null;
  author: string;
  state: 'open' | 'closed' | 'merged';
  draft: boolean;
  head: { ref: string; sha: string };
  base: { ref: string };
  /** Oldest first. */
  comments: CommentView[];
}

/** A check run as people see it, with what its App keeps on it. */
export interface CheckView {
  id: number;
  name: string;
  head_sha: string;
  status: CheckRun['status'];
  conclusion: CheckRun['conclusion'];
  output: { title: string | null; summary: string | null; text: string | null; annotations: Annotation[] };
  actions: CheckAction[];
  external_id: string | null;
  details_url: string | null;
  started_at: string | null;
  completed_at: string | null;
}

/** A pull request with its comments. */
export function viewConversation(repository: Repository, pull: PullRequest): Conversation {
  const comments = [...repository.comments.values()].filter((comment) => comment.number === pull.number);
  return {
    number: pull.number,
    title: pull.title,
    body: pull.body,
    author: pull.author.login,
    state: pull.mergedAt ? 'merged' : pull.state,
    draft: pull.draft,
    head: { ref: pull.head.ref, sha: pull.head.sha },
    base: { ref: pull.base.ref },
    comments: comments.map(viewComment),
  };
}

/** All check runs of a commit, oldest first. */
export function viewChecks(repository: Repository, sha: string): CheckView[] {
  return [...repository.checkRuns.values()].filter((check) => check.headSha === sha).map(viewCheck);
}

function viewComment(comment: Comment): CommentView {
  return {
    id: comment.id,
    author: comment.author.login,
    body: comment.body,
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    reactions: comment.reactions.map((reaction) => ({ content: reaction.content, user: reaction.user.login })),
  };
}

function viewCheck(check: CheckRun): CheckView {
  return {
    id: check.id,
    name: check.name,
    head_sha: check.headSha,
    status: check.status,
    conclusion: check.conclusion,
    output: { ...check.output, annotations: check.annotations.map((annotation) => ({ ...annotation })) },
    actions: check.actions.map((action) => ({ ...action })),
    external_id: check.externalId,
    details_url: check.detailsUrl,
    started_at: check.startedAt,
    completed_at: check.completedAt,
  };
}
