import type { Repository } from '../db/repositories.ts';
import type { ReportDeps } from './deps.ts';
import { postComment } from './post-comment.ts';

/** Answers a command, once, however often it is tried. */
export async function replyToCommand(
  deps: Pick<ReportDeps, 'db' | 'github' | 'appId'>,
  repository: Repository,
  reply: { commandId: string; number: number; body: string },
): Promise<void> {
  const startsWith = `<!-- zenfra:v1 reply=${reply.commandId} -->`;
  await postComment(deps, repository, {
    number: reply.number,
    marker: `reply:${reply.commandId}`,
    startsWith,
    body: `${startsWith}\n${reply.body}`,
  });
}
