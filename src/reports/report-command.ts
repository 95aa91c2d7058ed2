import { type Command, findCommand, hasRuns, noteReaction } from '../db/commands.ts';
import { oneAtATime } from '../db/one-at-a-time.ts';
import { getRepository, type Repository } from '../db/repositories.ts';
import { type Reaction, react } from '../github/comments.ts';
import { refOf } from '../github/github.ts';
import type { ReportDeps } from './deps.ts';
import { postComment } from './post-comment.ts';

/**
 * Tells on a command's comment what came of it: the reply, and 🚀 when it has started runs, 👍 when they or it are done,
 * 👎 when one ended otherwise, 😕 when it was refused. What GitHub has is not sent again.
 */
export async function reportCommand(deps: ReportDeps, { commandId }: { commandId: string }): Promise<void> {
  await oneAtATime(deps.db, `report:command:${commandId}`, () => report(deps, commandId));
}

async function report(deps: ReportDeps, commandId: string): Promise<void> {
  const command = await findCommand(deps.db, commandId);
  if (!command || command.comment_id === null) return;
  const repository = await getRepository(deps.db, command.repository_id);
  if (repository.removed_at) return;
  if (command.reply !== null) await reply(deps, repository, { command, text: command.reply });
  const wanted = reactionsTo(command.outcome, await hasRuns(deps.db, command.id));
  for (const content of wanted.filter((one) => !command.reacted.includes(one))) {
    await addReaction(deps, repository, { commentId: command.comment_id, content });
    await noteReaction(deps.db, command.id, content);
  }
}

async function reply(
  deps: ReportDeps,
  repository: Repository,
  { command, text }: { command: Command; text: string },
): Promise<void> {
  if (command.pull_request_number === null) return;
  const startsWith = `<!-- zenfra:v1 reply=${command.id} -->`;
  await postComment(deps, repository, {
    number: command.pull_request_number,
    marker: `reply:${command.id}`,
    startsWith,
    body: `${startsWith}\n${text}`,
  });
}

function reactionsTo(outcome: Command['outcome'], started: boolean): Reaction[] {
  const end: Record<NonNullable<Command['outcome']>, Reaction[]> = {
    started: [],
    done: ['+1'],
    failed: ['-1'],
    refused: ['confused'],
  };
  if (outcome === null) return [];
  return outcome === 'started' || (started && outcome !== 'refused') ? ['rocket', ...end[outcome]] : end[outcome];
}

/** A reaction that GitHub refuses (the conversation was locked, perhaps) is left out; one it could not take is sent later. */
async function addReaction(
  deps: ReportDeps,
  repository: Repository,
  reaction: { commentId: number; content: Reaction },
): Promise<void> {
  try {
    await react(deps.github, refOf(repository), reaction);
  } catch (error) {
    const { status = 0 } = error as { status?: number };
    if (status < 400 || status >= 500) throw error;
    deps.log.warn({ err: error, ...reaction }, 'GitHub refused a reaction');
  }
}
