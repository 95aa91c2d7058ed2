import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { Database } from '../db/schema.ts';
import type { GitHub } from '../github/github.ts';

export interface ReportDeps {
  db: Kysely<Database>;
  github: GitHub;
  /** Our App's id: what it posted is found by it. */
  appId: number;
  /** Without a trailing slash. */
  publicUrl: string;
  githubServerUrl: string;
  log: Logger;
}
