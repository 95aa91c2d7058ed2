import type { LogEnds } from '../../db/log-tail.ts';
import { loggedPhases } from '../../run/status.ts';

/**
 * How much of a run a page shows: a digest of its facts, and the last log chunk of each phase. Both can be found again
 * in the database by any server at any time, so a stream resumes wherever it is asked for, and nothing is kept for it.
 */
export interface Position {
  version: string;
  ends: LogEnds;
}

export const nothingShown: Position = {
  version: '-',
  ends: { preparing: 0, initializing: 0, planning: 0, applying: 0 },
};

/** As an event's id: `3f9a0c1277aa.1.4.20.0`. */
export function formatPosition({ version, ends }: Position): string {
  return [version, ...loggedPhases.map((phase) => ends[phase])].join('.');
}

/** What no server of ours wrote is the position of a page that shows nothing: then everything is sent. */
export function parsePosition(text: string | undefined): Position {
  const parts = /^([0-9a-f]{12}|-)\.(\d{1,9})\.(\d{1,9})\.(\d{1,9})\.(\d{1,9})$/.exec(text ?? '');
  if (!parts) return nothingShown;
  const [version = '-', ...numbers] = parts.slice(1);
  const [preparing = 0, initializing = 0, planning = 0, applying = 0] = numbers.map(Number);
  return { version, ends: { preparing, initializing, planning, applying } };
}

/** Whether a page at `one` shows all that there is at `other`. */
export function isUpToDate(one: Position, other: Position): boolean {
  return one.version === other.version && loggedPhases.every((phase) => one.ends[phase] >= other.ends[phase]);
}
