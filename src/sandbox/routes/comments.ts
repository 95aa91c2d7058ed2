import { addComment, changeComment, removeComment } from '../acts/comments.ts';
import { ApiError, invalid, notFound } from '../http/api-error.ts';
import { type ApiContext, actorOf, bodyOf, numberParam, pullOf, repositoryOf } from '../http/env.ts';
import { paginate } from '../http/paginate.ts';
import { issueOf } from '../payloads/issue-comment.ts';
import { commentShape } from '../shapes/comment.ts';
import { type Account, type Comment, permissionOf, type Repository } from '../store.ts';
import type { World } from '../world.ts';
import type { Routes } from './index.ts';

/** GitHub's limit for the text of a comment, in characters. */
export const MAX_COMMENT_LENGTH = 65_536;

/** Comments of pull requests. */
export const commentRoutes: Routes = (app, world) => {
  app.get('/repos/:owner/:repo/issues/:number', (c) => {
    const repository = repositoryOf(world, c, ['issues', 'read']);
    return c.json(issueOf(world, repository, pullOf(repository, c)));
  });

  app.get('/repos/:owner/:repo/issues/:number/comments', (c) => {
    const repository = repositoryOf(world, c, ['issues', 'read']);
    const { number } = pullOf(repository, c);
    const since = Date.parse(c.req.query('since') ?? '') || 0;
    const found = [...repository.comments.values()].filter(
      (comment) => comment.number === number && Date.parse(comment.updatedAt) >= since,
    );
    return c.json(paginate(c, found).map((comment) => commentShape(world, repository, comment)));
  });

  app.post('/repos/:owner/:repo/issues/:number/comments', async (c) => {
    const repository = repositoryOf(world, c, ['issues', 'write']);
    const { number } = pullOf(repository, c);
    const body = textOf(await bodyOf(c));
    requireOpenConversation(world, c, { repository, number });
    const comment = addComment(world, repository, { number, author: actorOf(world, c), body });
    return c.json(commentShape(world, repository, comment), 201);
  });

  app.get('/repos/:owner/:repo/issues/comments/:id', (c) => {
    const repository = repositoryOf(world, c, ['issues', 'read']);
    return c.json(commentShape(world, repository, commentOf(repository, c)));
  });

  app.patch('/repos/:owner/:repo/issues/comments/:id', async (c) => {
    const repository = repositoryOf(world, c, ['issues', 'write']);
    const comment = commentOf(repository, c);
    requireEditor(world, c, { repository, comment });
    requireOpenConversation(world, c, { repository, number: comment.number });
    changeComment(world, repository, { comment, body: textOf(await bodyOf(c)), by: actorOf(world, c) });
    return c.json(commentShape(world, repository, comment));
  });

  app.delete('/repos/:owner/:repo/issues/comments/:id', (c) => {
    const repository = repositoryOf(world, c, ['issues', 'write']);
    const comment = commentOf(repository, c);
    requireEditor(world, c, { repository, comment });
    removeComment(world, repository, { comment, by: actorOf(world, c) });
    return c.body(null, 204);
  });
};

/** The comment of the address. Throws a 404 if there is none. */
export function commentOf(repository: Repository, c: ApiContext): Comment {
  const comment = repository.comments.get(numberParam(c, 'id'));
  if (!comment) throw notFound();
  return comment;
}

/** A comment's text as GitHub takes it. Throws a 422 if it is missing, blank or too long. */
export function textOf(body: Record<string, unknown>): string {
  const text = body.body;
  if (typeof text !== 'string' || text.trim() === '') {
    throw invalid({ resource: 'IssueComment', field: 'body', code: 'missing_field' });
  }
  // Characters, not UTF-16 units: an emoji counts once.
  if (text.length > MAX_COMMENT_LENGTH && [...text].length > MAX_COMMENT_LENGTH) {
    const message = `Body is too long (maximum is ${MAX_COMMENT_LENGTH} characters)`;
    throw invalid({ resource: 'IssueComment', field: 'data', code: 'unprocessable', message });
  }
  return text;
}

/** One edits one's own comments; with write permission, everybody's. An App with issues:write may, too. */
function requireEditor(world: World, c: ApiContext, at: { repository: Repository; comment: Comment }): void {
  const actor = actorOf(world, c);
  if (actor === at.comment.author || actor.type === 'Bot' || mayWrite(at.repository, actor)) return;
  throw new ApiError(403, 'Must have admin rights to Repository.');
}

/** Where a conversation is locked, people with write permission go on; Apps do not, whatever they may otherwise. */
function requireOpenConversation(world: World, c: ApiContext, at: { repository: Repository; number: number }): void {
  const actor = actorOf(world, c);
  if (!at.repository.pulls.get(at.number)?.locked || (actor.type !== 'Bot' && mayWrite(at.repository, actor))) return;
  throw new ApiError(403, 'Unable to create comment because issue is locked.');
}

function mayWrite(repository: Repository, { login }: Account): boolean {
  return ['write', 'maintain', 'admin'].includes(permissionOf(repository, login));
}
