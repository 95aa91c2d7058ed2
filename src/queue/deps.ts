import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { Database } from '../db/schema.ts';
import type { GitHub } from '../github/github.ts';
import type { Runner } from '../runners/runner.ts';
import type { MasterKey } from '../secret/envelope.ts';

/** What the queue works with. */
export interface QueueDeps {
  db: Kysely<Database>;
  github: GitHub;
  runner: Runner;
  masterKey: MasterKey;
  /** Our App's id: what it has said on GitHub is not what others said. */
  appId: number;
  /** Where a child on this machine reaches the state backend, without a trailing slash. */
  internalUrl: string;
  /** This process, as the `workers` table knows it. */
  workerId: string;
  log: Logger;
}
