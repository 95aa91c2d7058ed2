import { addReaction } from '../acts/comments.ts';
import { invalid, notFound } from '../http/api-error.ts';
import { actorOf, bodyOf, numberParam, repositoryOf } from '../http/env.ts';
import { paginate } from '../http/paginate.ts';
import { reactionShape } from '../shapes/comment.ts';
import type { ReactionContent } from '../store.ts';
import { commentOf } from './comments.ts';
import type { Routes } from './index.ts';

const CONTENTS: ReactionContent[] = ['+1', '-1', 'laugh', 'confused', 'heart', 'hooray', 'rocket', 'eyes'];

/** Reactions to comments. */
export const reactionRoutes: Routes = (app, world) => {
  const path = '/repos/:owner/:repo/issues/comments/:id/reactions';

  app.get(path, (c) => {
    const comment = commentOf(repositoryOf(world, c, ['issues', 'read']), c);
    const wanted = c.req.query('content');
    const found = comment.reactions.filter((reaction) => wanted === undefined || reaction.content === wanted);
    return c.json(paginate(c, found).map((reaction) => reactionShape(world, reaction)));
  });

  app.post(path, async (c) => {
    const comment = commentOf(repositoryOf(world, c, ['issues', 'write']), c);
    const content = wantedContent(await bodyOf(c));
    const { reaction, isNew } = addReaction(world, comment, { user: actorOf(world, c), content });
    return c.json(reactionShape(world, reaction), isNew ? 201 : 200);
  });

  app.delete(`${path}/:reaction`, (c) => {
    const comment = commentOf(repositoryOf(world, c, ['issues', 'write']), c);
    const id = numberParam(c, 'reaction');
    const at = comment.reactions.findIndex((reaction) => reaction.id === id && reaction.user === actorOf(world, c));
    if (at < 0) throw notFound();
    comment.reactions.splice(at, 1);
    return c.body(null, 204);
  });
};

function wantedContent(body: Record<string, unknown>): ReactionContent {
  const content = CONTENTS.find((one) => one === body.content);
  if (!content) throw invalid({ resource: 'Reaction', field: 'content', code: 'invalid' });
  return content;
}
