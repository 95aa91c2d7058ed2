import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { RunPhase } from '../run/status.ts';
import type { Database, RunPhasesTable } from './schema.ts';

export type RunPhaseRow = Selectable<RunPhasesTable>;

/** Opens a phase of the run's history; a second attempt reopens it and keeps its first start. */
export async function startPhase(trx: Transaction<Database>, runId: string, phase: RunPhase, note: string | null) {
  await trx
    .insertInto('run_phases')
    .values({ run_id: runId, phase, started_at: sql<Date>`clock_timestamp()`, note })
    .onConflict((conflict) =>
      conflict
        .columns(['run_id', 'phase'])
        .doUpdateSet({ ended_at: null, outcome: null, ...(note === null ? {} : { note }) }),
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
