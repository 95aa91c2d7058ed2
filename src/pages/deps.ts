import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { SignIn } from '../access/sign-in.ts';
import type { Access } from '../access/viewer.ts';
import type { Changes } from '../db/changes.ts';
import type { Database } from '../db/schema.ts';
import type { AppHealth } from '../github/app-health.ts';
import type { StateStore } from '../state/versions.ts';
import type { PageActions } from './actions.ts';

/** What the pages are given by the app. */
export interface PagesDeps {
  db: Kysely<Database>;
  /** Where people reach us; forms are taken from this origin alone. */
  publicUrl: string;
  /** Where GitHub's own pages are, such as `https://github.com`. */
  githubServerUrl: string;
  /** Who may see and do what. */
  access: Access;
  /** Null where people cannot sign in: then only the local user gets in, if `access` knows one. */
  signIn: SignIn | null;
  act: PageActions;
  /** What GitHub says of the App; throws when it does not answer. */
  readAppHealth(): Promise<AppHealth>;
  /** Where state versions are; opened for those who may have them in clear. `maxBytes`: of an import. */
  state: StateStore & { maxBytes: number };
  /** Wakes the pages that are being watched. */
  changes: Changes;
  log: Logger;
}
