import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Logger } from 'pino';
import { isOutdated, StatementNames } from './prepared.ts';
import type { Database } from './schema.ts';

export interface ConnectOptions {
  /** Connections at once. */
  max?: number | undefined;
  /** How long a server that hangs is waited for: one that lives has ended the statement by itself before. */
  queryTimeoutMs?: number | undefined;
}

/** PostgreSQL's type number for `bigint`. */
const bigint = 20;

/**
 * What a server, a database or a role may be set to otherwise, and is relied on: the driver reads times in this form alone
 * (others become null), and who waited for a lock must see what was written meanwhile. Not told at the connection's begin,
 * where poolers refuse what they do not know.
 */
const sessionSettings = "set datestyle = 'ISO'; set default_transaction_isolation = 'read committed'";

/**
 * Opens the pool that a process uses for everything. `bigint` becomes a number: all of ours are GitHub ids and
 * counters below 2^53; state serials are `numeric` and stay strings.
 *
 * Each statement has a time limit, so that a database that hangs becomes an error instead of a stuck run. The pool's
 * `error` event must be handled: an idle connection that the server closes would otherwise end the process.
 */
export function connect(
  url: string,
  log: Logger,
  { max = 20, queryTimeoutMs = 35_000 }: ConnectOptions = {},
): { db: Kysely<Database>; pool: pg.Pool } {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    application_name: 'zenfra',
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 60_000,
    statement_timeout: 30_000,
    // A process that is stopped in the middle of a transaction must not keep its locks.
    idle_in_transaction_session_timeout: 10_000,
    query_timeout: queryTimeoutMs,
    keepAlive: true,
    onConnect: async (client) => void (await client.query(sessionSettings)),
    types: { getTypeParser: parserFor as typeof pg.types.getTypeParser },
  });
  // While the pool closes, a server that stops first is no news.
  const lost = (error: Error) => pool.ending || log.warn({ err: error }, 'a database connection was lost');
  const names = new StatementNames();
  pool.on('error', lost);
  pool.on('connect', (client) => {
    client.on('error', lost);
    prepareStatements(client, names);
    endWhenHung(client);
  });
  return { db: new Kysely<Database>({ dialect: new PostgresDialect({ pool }) }), pool };
}

/** In a transaction an outdated statement has undone it: `transact` begins again. */
function prepareStatements(client: pg.PoolClient, names: StatementNames): void {
  const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>;
  const ask = (text: string, values: unknown[]) => query({ text, values, name: names.of(text, values) });
  const prepared = (...args: unknown[]) => {
    const [text, values] = args;
    if (args.length !== 2 || typeof text !== 'string' || !Array.isArray(values)) return query(...args);
    return ask(text, values).catch((error: unknown) => {
      if (!isOutdated(error)) throw error;
      names.forget();
      if ((client as pg.Client).getTransactionStatus() === 'I') return ask(text, values);
      throw error;
    });
  };
  client.query = prepared as typeof client.query;
}

/**
 * The driver keeps a connection whose statement it has given up. A server that goes on then does what nobody waits for
 * any more, and an advisory lock that it grants so late would be held as long as the connection lives.
 */
function endWhenHung(client: pg.PoolClient): void {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  const watched = (...args: unknown[]) => {
    const answer = query(...args);
    // Before the caller hears of it, and gives the connection back.
    if (answer instanceof Promise) answer.catch((error: Error) => void (isHung(error) && (client as pg.Client).end()));
    return answer;
  };
  client.query = watched as typeof client.query;
}

function isHung(error: Error): boolean {
  return error.message === 'Query read timeout';
}

function parserFor(type: number, format?: 'text' | 'binary'): unknown {
  if (type === bigint && format !== 'binary') return Number;
  return format === 'binary' ? pg.types.getTypeParser(type, 'binary') : pg.types.getTypeParser(type, 'text');
}
