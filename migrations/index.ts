import type { Migration } from 'kysely/migration';
import * as initial from './0001_initial.ts';

/** All migrations in order; forward only. A list, not a folder scan, so that the built program carries them. */
export const migrations: Record<string, Migration> = {
  '0001_initial': initial,
};
