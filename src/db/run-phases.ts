import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { RunPhase } from '../run/status.ts';
import type { Database, RunPhasesTable } from './schema.ts';

export type RunPhaseRow = Selectable<RunPhasesTable>;

/**
 * Opens a phase of the run's history; a second attempt reopens it and keeps its first start. One that is a moment and
 * no stretch of time is `over` at once.
 */
export async function startPhase(
  trx: Transaction<Database>,
  runId: string,
  { phase, note, over = false }: { phase: RunPhase; note: string | null; over?: boolean },
): Promise<void> {
  const now = sql<Date>`clock_timestamp()`;
  const end = over ? { ended_at: now, outcome: 'succeeded' as const } : { ended_at: null, outcome: null };
  await trx
    .insertInto('run_phases')
    .values({ run_id: runId, phase, started_at: now, note, ...end })
    .onConflict((conflict) =>
      conflict.columns(['run_id', 'phase']).doUpdateSet({ ...end, ...(note === null ? {} : { note }) }),
    )
    .execute();
}

export async function endPhases(
  trx: Transaction<Database>,
  runId: string,
  outcome: NonNullable<RunPhaseRow['outcome']>,
): Promise<void> {
  await trx
    .updateTable('run_phases')
    .set({ ended_at: sql<Date>`clock_timestamp()`, outcome })
    .where('run_id', '=', runId)
    .where('ended_at', 'is', null)
    .execute();
}

export async function noteOnPhase(
  trx: Transaction<Database>,
  runId: string,
  phase: RunPhase,
  note: string,
): Promise<void> {
  await trx.updateTable('run_phases').set({ note }).where('run_id', '=', runId).where('phase', '=', phase).execute();
}

export async function listPhases(db: Kysely<Database>, runId: string): Promise<RunPhaseRow[]> {
  return db.selectFrom('run_phases').selectAll().where('run_id', '=', runId).orderBy('started_at').execute();
}
