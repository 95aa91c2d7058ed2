import { Logger as JobLogger, type LogLevel, type Runner, run, type TaskList } from 'graphile-worker';
import type pg from 'pg';
import type { Logger } from 'pino';
import type { Tasks } from '../db/jobs.ts';

/** What is done for each kind of job; `app.ts` fills it in. */
export type Handlers = { [T in keyof Tasks]: (payload: Tasks[T]) => Promise<void> };

export interface TaskRunner {
  /** The names under which this runner locks jobs. */
  names: Set<string>;
  /** Takes no more jobs; resolves when those in hand are done. */
  stop(): Promise<void>;
}

interface Work {
  pool: pg.Pool;
  /** Jobs at once. */
  concurrency: number;
  log: Logger;
}

/**
 * Runs jobs of the given kinds. Executions get a runner of their own: in one that they share with webhooks and
 * reports, those wait behind a plan.
 */
export async function runTasks(work: Work, handlers: Partial<Handlers>): Promise<TaskRunner> {
  const names = new Set<string>();
  const runner = await run({
    pgPool: work.pool,
    concurrency: work.concurrency,
    taskList: handlers as TaskList,
    noHandleSignals: true,
    // New jobs are notified; the poll is for those whose time comes later, such as a coalesced edit.
    pollInterval: 500,
    logger: jobLogger(work.log),
  });
  runner.events.on('worker:create', ({ worker }) => names.add(worker.workerId));
  runner.events.on('worker:release', ({ worker }) => names.delete(worker.workerId));
  return { names, stop: () => stop(runner) };
}

async function stop(runner: Runner): Promise<void> {
  await runner.stop();
  await runner.promise;
}

/** graphile-worker reports each job's start and end at `info`; to us they are details. */
function jobLogger(log: Logger): JobLogger {
  const levels: Record<`${LogLevel}`, 'error' | 'warn' | 'debug'> = {
    error: 'error',
    warning: 'warn',
    info: 'debug',
    debug: 'debug',
  };
  return new JobLogger(() => (level, message, meta) => log[levels[level]]({ ...pick(meta) }, message));
}

function pick(meta: Record<string, unknown> | undefined) {
  const error = meta?.error;
  return error === undefined ? {} : { err: error };
}
