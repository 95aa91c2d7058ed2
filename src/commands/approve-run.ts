import { getRun, type Run } from '../db/runs.ts';
import { advance } from '../queue/advance.ts';
import { alreadyApproved } from '../reports/words.ts';
import type { CommandDeps } from './command.ts';
import { named } from './named-run.ts';

/** Approves a run that waits for it. Null when it was done, else why not: of two at once, the later is told who was first. */
export async function approveRun(
  deps: Pick<CommandDeps, 'db' | 'publicUrl'>,
  run: Run,
  login: string,
): Promise<string | null> {
  const moved = await advance(deps.db, { runId: run.id, event: { type: 'approved', by: login }, actor: login });
  if (moved.ok) return null;
  const now = await getRun(deps.db, run.id);
  return now.approved_by === null ? moved.why : alreadyApproved({ by: now.approved_by, run: named(deps, now) });
}
