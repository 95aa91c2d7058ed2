import type { Counts } from '../../views/parts/counts.tsx';
import type { RunRow } from '../../views/parts/runs-table.tsx';
import type { ListedRun } from '../db/page-stack-runs.ts';
import { type Engine, engineLabels } from '../run/status.ts';

/** Resource counts; null while there is no plan. */
export function countsOf(row: {
  add_count: number | null;
  change_count: number | null;
  destroy_count: number | null;
}): Counts | null {
  if (row.add_count === null || row.change_count === null || row.destroy_count === null) return null;
  return { add: row.add_count, change: row.change_count, destroy: row.destroy_count };
}

/** Such as `Terraform 1.11.4`; null until a worker chose one. */
export function engineOf(row: { engine: Engine | null; engine_version: string | null }): string | null {
  if (row.engine === null) return null;
  return row.engine_version === null ? engineLabels[row.engine] : `${engineLabels[row.engine]} ${row.engine_version}`;
}

/** What the stack's definition asks for, before a run has shown what it got. */
export function wantedEngine(row: { wanted_engine: Engine | null; wanted_version: string | null }): string | null {
  return engineOf({ engine: row.wanted_engine, engine_version: row.wanted_version });
}

/** A row of a table of runs; with the stack's name where the table is of several. */
export function toRunRow(run: ListedRun, withStack: boolean): RunRow {
  return {
    id: run.id,
    number: run.number,
    type: run.type,
    status: run.status,
    counts: countsOf(run),
    engine: engineOf(run),
    createdAt: run.created_at,
    startedAt: run.started_at,
    endedAt: run.ended_at,
    triggeredBy: run.triggered_by,
    reason: run.trigger_reason,
    stack: withStack ? { id: run.stack_id, name: run.stack_name } : null,
  };
}
