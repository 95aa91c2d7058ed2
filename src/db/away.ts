/**
 * SQLSTATE and system codes of a database that is not there, not there yet, or too busy to answer in time: what failed
 * may work a moment later. 53100 is its disk being full; 25006 is a server that only reads, as a managed one does before
 * its disk is full, and one that another takes the place of.
 */
const codes = new Set(
  `ECONNREFUSED ECONNRESET EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH ENOTFOUND EAI_AGAIN
   08000 08001 08003 08004 08006 08007 25006 25P03 25P04 53100 53200 53300 55P03 57014 57P01 57P02 57P03
   57P05`.split(/\s+/),
);

/** What a pooler says of the server behind it (PgBouncer has this one code for all); of a statement it is a mistake in it. */
const poolerCode = '08P01';

/** What the driver says without a code. */
const messages =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Client was closed)/;

/** Whether it is the database that failed, and not what was asked of it. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError && error.errors.some(isDatabaseAway)) return true;
  const code = 'code' in error ? String(error.code) : '';
  if (code === poolerCode) return 'severity' in error && error.severity === 'FATAL';
  return codes.has(code) || messages.test(error.message);
}
