import { type ChangeFilter, changeKinds, longestSearch } from '../../views/parts/change-filters.tsx';
import { pageSizes } from '../../views/stack.tsx';
import type { RunCursor } from '../db/page-stack-runs.ts';
import { type RunStatus, type RunType, runStatuses, runTypes } from '../run/status.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const loginPattern = /^[\p{L}\p{N}][\p{L}\p{N}[\]._ @/-]{0,99}$/u;

/** Whether a path's part can be an id at all: anything else is not found, and never reaches the database. */
export function isUuid(text: string): boolean {
  return uuid.test(text);
}

/** A positive whole number as the database can hold it; undefined for everything else. */
export function readPositive(text: string | undefined, most = Number.MAX_SAFE_INTEGER): number | undefined {
  if (text === undefined || !/^\d{1,16}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= 1 && value <= most ? value : undefined;
}

/** A state's serial, as decimal text: it may be too large for a JavaScript number. Undefined for everything else. */
export function readSerial(text: string | undefined): string | undefined {
  return text !== undefined && /^\d{1,20}$/.test(text) ? String(BigInt(text)) : undefined;
}

const namePattern = /^[A-Za-z0-9._-]{1,100}$/;
const largestNumber = 2 ** 31 - 1;

/** A pull request's address as the database can hold it; undefined for everything else. */
export function readPullRequestAddress(parts: {
  owner: string;
  repository: string;
  number: string;
}): { owner: string; repository: string; number: number } | undefined {
  const number = readPositive(parts.number, largestNumber);
  if (number === undefined || !namePattern.test(parts.owner) || !namePattern.test(parts.repository)) return undefined;
  return { owner: parts.owner, repository: parts.repository, number };
}

export interface ListParameters {
  by: string | null;
  type: RunType | null;
  status: RunStatus | null;
  perPage: number;
  cursor: RunCursor;
}

/**
 * Reads the query string of a list of runs. What can be clamped is clamped; a filter that no run can have is a
 * refusal, since ignoring it would show runs that were not asked for.
 */
export function readListParameters(
  query: Record<string, string>,
): { ok: true; list: ListParameters } | { ok: false; why: string } {
  const by = query.by ?? '';
  if (by !== '' && !loginPattern.test(by)) return { ok: false, why: 'The filter “Triggered by” is not a name.' };
  const type = oneOf(runTypes, query.type ?? '');
  if (type === undefined) return { ok: false, why: `The filter “Type” must be one of ${runTypes.join(', ')}.` };
  const status = oneOf(runStatuses, query.status ?? '');
  if (status === undefined) return { ok: false, why: `The filter “Status” must be one of ${runStatuses.join(', ')}.` };
  return {
    ok: true,
    list: { by: by === '' ? null : by, type, status, perPage: readPageSize(query.per_page), cursor: readCursor(query) },
  };
}

/** The address of another page of the same list. */
export function listAddress(path: string, list: ListParameters, cursor: RunCursor): string {
  const query = new URLSearchParams();
  if (list.by !== null) query.set('by', list.by);
  if (list.type !== null) query.set('type', list.type);
  if (list.status !== null) query.set('status', list.status);
  if (list.perPage !== defaultPageSize) query.set('per_page', String(list.perPage));
  for (const [name, value] of Object.entries(cursor ?? {})) query.set(name, String(value));
  return query.size > 0 ? `${path}?${query}` : path;
}

/** Where a list that was read at this moment learns what changes. */
export function listEvents(path: string, { now }: { now: Date }): { address: string; after: string } {
  return { address: `${path === '/' ? '' : path}/events`, after: String(now.getTime()) };
}

/** Reads which of a run's changes are to be shown. What is no filter shows them all: nothing is missed by that. */
export function readChangeFilter(query: Record<string, string>): ChangeFilter {
  const kind = changeKinds.find((name) => name === query.change) ?? 'all';
  return { address: (query.address ?? '').trim().slice(0, longestSearch), kind };
}

/** The address of a run's page that shows these changes. */
export function runAddress(id: string, { address, kind }: ChangeFilter): string {
  const query = new URLSearchParams();
  if (address !== '') query.set('address', address);
  if (kind !== 'all') query.set('change', kind);
  return query.size > 0 ? `/runs/${id}?${query}` : `/runs/${id}`;
}

const defaultPageSize = 25;

/** The nearest of the sizes on offer. */
function readPageSize(text: string | undefined): number {
  const wanted = text === undefined || text === '' ? defaultPageSize : Number(text);
  if (Number.isNaN(wanted)) return defaultPageSize;
  return pageSizes.find((size) => size >= wanted) ?? pageSizes.at(-1) ?? defaultPageSize;
}

function readCursor(query: Record<string, string>): RunCursor {
  const before = readPositive(query.before);
  if (before !== undefined) return { before };
  const after = readPositive(query.after);
  return after === undefined ? null : { after };
}

/** Null where nothing was asked for, undefined where it is none of the choices. */
function oneOf<T extends string>(choices: readonly T[], text: string): T | null | undefined {
  return text === '' ? null : choices.find((choice) => choice === text);
}
