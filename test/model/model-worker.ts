import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Kysely, PostgresDialect } from 'kysely';
import { connect } from '../../src/db/connect.ts';
import type { Database } from '../../src/db/schema.ts';
import { seeProcess } from '../../src/db/workers.ts';
import type { QueueDeps } from '../../src/queue/deps.ts';
import { adoption } from '../../src/queue/readopt.ts';
import { startPhase } from '../../src/queue/start.ts';
import { watchLeftEngines } from '../../src/queue/watch-left-engines.ts';
import type { Runner } from '../../src/runners/runner.ts';
import { nobody, place } from './engine.ts';
import { Gate, Steps } from './gate.ts';

/** The rest of what a worker works with; its database and its executions are its own. */
export type Common = Omit<QueueDeps, 'db' | 'runner' | 'workerId'> & { databaseUrl: string; db: Kysely<Database> };

/** A worker's process, as far as the database can tell: it can be killed, and stand still with all its heartbeats. */
export class ModelWorker {
  process: 'up' | 'paused' | 'dead' = 'up';
  /** Resolves when what it has in hand is over; undefined while it is idle. */
  job: Promise<void> | undefined;
  readonly steps = new Steps();
  readonly #gate = new Gate();
  readonly #deps: QueueDeps;
  readonly #common: Common;
  readonly #close: () => Promise<void>;

  constructor(common: Common, makeRunner: (steps: Steps) => Runner) {
    const { databaseUrl, ...deps } = common;
    const { pool } = connect(databaseUrl, common.log, { max: 6 });
    const gated = {
      connect: async () => {
        await this.#gate.pass();
        return pool.connect();
      },
      end: () => pool.end(),
      options: pool.options,
    };
    const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool: gated }) });
    this.#close = () => db.destroy();
    this.#common = common;
    this.#deps = { ...deps, db, workerId: randomUUID(), runner: makeRunner(this.steps) };
  }

  get id(): string {
    return this.#deps.workerId;
  }

  /** Takes over what its predecessors on this machine left, and is ready. */
  async start(): Promise<void> {
    await this.#sign(process.ppid);
    const { look, done } = adoption(this.#deps);
    await look();
    await this.#take(done());
  }

  /** Looks what has become of engines that nobody follows, as it does every few seconds. */
  async watch(): Promise<void> {
    if (this.process === 'up') await watchLeftEngines(this.#deps);
  }

  /** Tries to take a run; it may not be its turn. */
  async claim(runId: string): Promise<void> {
    await this.#take(startPhase(this.#deps, runId));
  }

  /** Lets its execution take one step. */
  async step(): Promise<void> {
    this.steps.take();
    await this.#settle();
  }

  pause(): void {
    this.process = 'paused';
    this.#gate.close();
  }

  continue(): void {
    this.process = 'up';
    this.#gate.open();
  }

  /** As by SIGKILL: nothing more of it reaches the database. */
  async kill(): Promise<void> {
    this.process = 'dead';
    this.#gate.end();
    this.steps.end();
    await this.job;
    await this.#close();
    await this.#sign(nobody);
  }

  /** The database knows a process by its number. */
  async #sign(pid: number): Promise<void> {
    const who = { id: this.#deps.workerId, host: hostname(), pid, place, startTime: null };
    const seen = { ...who, slots: 1, jobWorkers: [], engines: [], isolation: null };
    await seeProcess(this.#common.db, seen);
  }

  async #take(work: Promise<void>): Promise<void> {
    // What a killed process cannot write is no news.
    this.job = work
      .catch((error: unknown) => {
        if (this.process !== 'dead') throw error;
      })
      .finally(() => {
        this.job = undefined;
      });
    await this.#settle();
  }

  /** Until its execution waits for a step or is over. */
  async #settle(): Promise<void> {
    await Promise.race([this.job, this.steps.arrival()]);
  }
}
