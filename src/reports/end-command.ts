import { findCommand, setCommandOutcome } from '../db/commands.ts';
import { getRepository } from '../db/repositories.ts';
import type { Run } from '../db/runs.ts';
import { react } from '../github/comments.ts';
import { refOf } from '../github/github.ts';
import { isFinal } from '../run/transition.ts';
import type { ReportDeps } from './deps.ts';

/** 👍 or 👎 on a command's comment once every run it started has ended. */
export async function endCommand(deps: ReportDeps, run: Run): Promise<void> {
  const command = run.command_id === null ? undefined : await findCommand(deps.db, run.command_id);
  if (!command || command.comment_id === null || command.outcome !== 'started') return;
  const runs = await deps.db.selectFrom('runs').select('status').where('command_id', '=', command.id).execute();
  if (!runs.every((one) => isFinal(one.status))) return;
  const good = runs.every((one) => one.status === 'finished');
  const repository = await getRepository(deps.db, run.repository_id);
  await react(deps.github, refOf(repository), { commentId: command.comment_id, content: good ? '+1' : '-1' });
  await setCommandOutcome(deps.db, command.id, good ? 'done' : 'failed');
}
