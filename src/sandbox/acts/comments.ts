import { notifyComment } from '../payloads/issue-comment.ts';
import {
  type Account,
  type Comment,
  type Reaction,
  type ReactionContent,
  type Repository,
  timestamp,
} from '../store.ts';
import type { World } from '../world.ts';

/** Adds a comment to a pull request that exists. */
export function addComment(
  world: World,
  repository: Repository,
  { number, author, body }: { number: number; author: Account; body: string },
): Comment {
  const now = timestamp();
  const comment = { id: world.store.nextId(), number, author, body, createdAt: now, updatedAt: now, reactions: [] };
  repository.comments.set(comment.id, comment);
  notifyComment(world, repository, { comment, happened: { action: 'created', sender: author } });
  return comment;
}

/** Replaces a comment's text. */
export function changeComment(
  world: World,
  repository: Repository,
  { comment, body, by }: { comment: Comment; body: string; by: Account },
): void {
  const before = comment.body;
  comment.body = body;
  comment.updatedAt = timestamp();
  notifyComment(world, repository, { comment, happened: { action: 'edited', sender: by, before } });
}

/** Takes a comment away. */
export function removeComment(world: World, repository: Repository, at: { comment: Comment; by: Account }): void {
  repository.comments.delete(at.comment.id);
  notifyComment(world, repository, { comment: at.comment, happened: { action: 'deleted', sender: at.by } });
}

/** Adds a reaction; one that is there already stays the only one of its kind by that account. */
export function addReaction(
  world: World,
  comment: Comment,
  { user, content }: { user: Account; content: ReactionContent },
): { reaction: Reaction; isNew: boolean } {
  const known = comment.reactions.find((one) => one.user === user && one.content === content);
  if (known) return { reaction: known, isNew: false };
  const reaction = { id: world.store.nextId(), user, content, createdAt: timestamp() };
  comment.reactions.push(reaction);
  return { reaction, isNew: true };
}

/** A comment that must be there. */
export function getComment(repository: Repository, id: number): Comment {
  const comment = repository.comments.get(id);
  if (!comment) throw new Error(`${repository.owner.login}/${repository.name} has no comment ${id}`);
  return comment;
}
