import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Logger as JobLogger,
  type LogLevel,
  type Runner,
  run,
  type TaskList,
  type WorkerEvents,
} from 'graphile-worker';
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
  /** Whether they take seconds: another runner may then be at work beside what one has in hand. */
  short: boolean;
}

/**
 * Runs jobs of the given kinds. Executions get a runner of their own: in one that they share with webhooks and
 * reports, those wait behind a plan.
 *
 * A runner that cannot say that a job is done, because the database is away, ends, and so does one with short jobs that
 * was not told which job it was given. The jobs it has in hand go on, and another takes its place at once; what was
 * locked by the first is given to others by the sweep.
 */
export async function runTasks(work: Work, handlers: Partial<Handlers>): Promise<TaskRunner> {
  const names = new Set<string>();
  const runners = new Set<Runner>();
  let stopping = false;
  const begin = async () => {
    // Jobs are locked under the id of a pool, which is told of before the runner is handed out, and gone when the last
    // job in hand has ended.
    const events: WorkerEvents = new EventEmitter();
    events.on('pool:create', ({ workerPool }) => names.add(workerPool.id));
    events.on('pool:release', ({ workerPool }) => names.delete(workerPool.id));
    events.once('pool:gracefulShutdown', () => void replace());
    const started = startRunner(work, handlers, events);
    // A job may have been handed out although the answer was lost: it is locked in this runner's name, and nobody has it.
    // An execution needs no such care, since its run is woken anew.
    if (work.short) events.once('worker:getJob:error', () => void started.then(stopRunner, () => undefined));
    const runner = await started;
    runners.add(runner);
    runner.promise.catch(() => undefined).finally(() => runners.delete(runner));
  };
  const replace = async () => {
    while (!stopping) {
      try {
        return await begin();
      } catch (error) {
        work.log.warn({ err: error }, 'jobs cannot be taken; trying again');
        await sleep(1_000);
      }
    }
  };
  await begin();
  const stop = async () => {
    stopping = true;
    await Promise.all([...runners].map(stopRunner));
  };
  return { names, stop };
}

async function startRunner(work: Work, handlers: Partial<Handlers>, events: WorkerEvents): Promise<Runner> {
  return run({
    events,
    pgPool: work.pool,
    concurrency: work.concurrency,
    taskList: handlers as TaskList,
    noHandleSignals: true,
    // New jobs are notified; the poll is for those whose time comes later, such as a coalesced edit.
    pollInterval: 500,
    logger: jobLogger(work.log),
    // With a delay, be it none, a failure to say that a job is done is an event; without, it would end the process.
    preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
  });
}

async function stopRunner(runner: Runner): Promise<void> {
  await runner.stop().catch(() => undefined);
  await runner.promise.catch(() => undefined);
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
