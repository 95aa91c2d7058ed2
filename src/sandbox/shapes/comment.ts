import type { components } from '@octokit/openapi-types';
import type { Comment, Reaction, Repository } from '../store.ts';
import type { World } from '../world.ts';
import { integration } from './app.ts';
import { authorAssociation } from './association.ts';
import { nodeId } from './node-id.ts';
import { repositoryPage, repositoryUrl } from './repository.ts';
import { simpleUser } from './user.ts';

/** A comment on a pull request. */
export function commentShape(
  world: World,
  repository: Repository,
  comment: Comment,
): components['schemas']['issue-comment'] {
  const api = repositoryUrl(world, repository);
  const url = `${api}/issues/comments/${comment.id}`;
  const count = (content: Reaction['content']) =>
    comment.reactions.filter((reaction) => reaction.content === content).length;
  return {
    id: comment.id,
    node_id: nodeId('IssueComment', comment.id),
    url,
    html_url: `${repositoryPage(world, repository)}/pull/${comment.number}#issuecomment-${comment.id}`,
    issue_url: `${api}/issues/${comment.number}`,
    body: comment.body,
    user: simpleUser(world, comment.author),
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    author_association: authorAssociation(repository, comment.author),
    performed_via_github_app: comment.author.type === 'Bot' ? integration(world) : null,
    reactions: {
      url: `${url}/reactions`,
      total_count: comment.reactions.length,
      '+1': count('+1'),
      '-1': count('-1'),
      ...{ laugh: count('laugh'), confused: count('confused'), heart: count('heart') },
      ...{ hooray: count('hooray'), eyes: count('eyes'), rocket: count('rocket') },
    },
  };
}

/** A reaction to a comment. */
export function reactionShape(world: World, reaction: Reaction): components['schemas']['reaction'] {
  return {
    id: reaction.id,
    node_id: nodeId('Reaction', reaction.id),
    user: simpleUser(world, reaction.user),
    content: reaction.content,
    created_at: reaction.createdAt,
  };
}
