import { type Insertable, type Kysely, type QueryCreator, type Selectable, sql, type Transaction } from 'kysely';
import type { RunPhase } from '../run/status.ts';
import type { Database, RunEventsTable, RunPhasesTable } from './schema.ts';

export type RunPhaseRow = Selectable<RunPhasesTable>;

interface Begun {
  phase: RunPhase;
  note: string | null;
  /** A moment and no stretch of time: it ends as it begins. */
  over?: boolean;
}

/** Opens a phase of the run's history; a second attempt reopens it and keeps its first start. */
export async function startPhase(trx: Transaction<Database>, runId: string, begun: Begun): Promise<void> {
  await starting(trx, runId, begun).execute();
}

/**
 * What an event leaves in the history of a run: itself and, if the run's status is another now, how the phases ended
 * that were open, and the one that begins. One statement, as this is written several times in each run.
 */
export async function recordChange(
  trx: Transaction<Database>,
  event: Insertable<RunEventsTable>,
  phases: { outcome: NonNullable<RunPhaseRow['outcome']>; begun: Begun | null } | null,
): Promise<void> {
  const { run_id: runId } = event;
  if (phases === null) return void (await trx.insertInto('run_events').values(event).execute());
  const { outcome, begun } = phases;
  const ended = trx.with('ended', (db) => {
    const open = db.updateTable('run_phases').set({ ended_at: sql<Date>`clock_timestamp()`, outcome });
    // One statement cannot write a row twice, and how the new phase stands is what counts.
    const others = open.where('run_id', '=', runId).where('ended_at', 'is', null);
    return begun ? others.where('phase', '<>', begun.phase) : others;
  });
  if (begun === null) await ended.insertInto('run_events').values(event).execute();
  else
    await ended
      .with('begun', (db) => starting(db, runId, begun))
      .insertInto('run_events')
      .values(event)
      .execute();
}

function starting(db: Pick<QueryCreator<Database>, 'insertInto'>, runId: string, { phase, note, over = false }: Begun) {
  const now = sql<Date>`clock_timestamp()`;
  const end = over ? { ended_at: now, outcome: 'succeeded' as const } : { ended_at: null, outcome: null };
  return db
    .insertInto('run_phases')
    .values({ run_id: runId, phase, started_at: now, note, ...end })
    .onConflict((conflict) =>
      conflict.columns(['run_id', 'phase']).doUpdateSet({ ...end, ...(note === null ? {} : { note }) }),
    );
}

export async function listPhases(db: Kysely<Database>, runId: string): Promise<RunPhaseRow[]> {
  return db.selectFrom('run_phases').selectAll().where('run_id', '=', runId).orderBy('started_at').execute();
}
