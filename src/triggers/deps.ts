import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { Database } from '../db/schema.ts';
import type { GitHub } from '../github/github.ts';

export interface TriggerDeps {
  db: Kysely<Database>;
  github: GitHub;
  log: Logger;
}
