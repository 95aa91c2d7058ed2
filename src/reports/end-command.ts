import { findCommand, settleCommand } from '../db/commands.ts';
import type { Run } from '../db/runs.ts';
import { isFinal } from '../run/transition.ts';
import type { ReportDeps } from './deps.ts';

/** Once every run that a command started has ended, that is what came of it. */
export async function endCommand(deps: Pick<ReportDeps, 'db'>, run: Run): Promise<void> {
  const command = run.command_id === null ? undefined : await findCommand(deps.db, run.command_id);
  if (!command || command.comment_id === null || command.outcome !== 'started') return;
  const runs = await deps.db.selectFrom('runs').select('status').where('command_id', '=', command.id).execute();
  if (!runs.every((one) => isFinal(one.status))) return;
  const good = runs.every((one) => one.status === 'finished');
  await settleCommand(deps.db, command.id, { outcome: good ? 'done' : 'failed' });
}
