import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { Database } from '../db/schema.ts';
import type { PageActions } from './actions.ts';

/** What the pages are given by the app. */
export interface PagesDeps {
  db: Kysely<Database>;
  /** Where people reach us; forms are taken from this origin alone. */
  publicUrl: string;
  /** Where GitHub's own pages are, such as `https://github.com`. */
  githubServerUrl: string;
  /** The login that the buttons act for; null shows no buttons and refuses every POST. */
  pageUser: string | null;
  act: PageActions;
  log: Logger;
}
