import type { Nullable, NullableJson, Timestamp, WithDefault } from './columns.ts';

/** This installation: who works, how it is set up, who has signed in. */

export interface WorkersTable {
  id: string;
  host: string;
  pid: number;
  /** 0 in a process that only serves. */
  slots: number;
  /** Where its number means something: machine, boot, process namespace. */
  place: Nullable<string>;
  /** With the number, what tells it from a later process of the same one. */
  start_time: Nullable<string>;
  /** The names under which this process locks jobs. */
  job_workers: WithDefault<string[]>;
  /** Such as `Terraform 1.11.4`. */
  engines: WithDefault<string[]>;
  /** How it keeps runs apart; null in a process that only serves. */
  isolation: NullableJson<{ protected: boolean; says: string }>;
  started_at: WithDefault<Date>;
  seen_at: WithDefault<Date>;
}

export interface SettingsTable {
  key: string;
  value: string;
}

/** Somebody who signed in with GitHub. */
export interface SessionsTable {
  /** sha256 of the cookie's token, hex. */
  id: string;
  login: string;
  github_id: number;
  /** Their own token for GitHub's API, sealed and bound to this row: it tells which repositories they may see. */
  github_token: Buffer;
  created_at: WithDefault<Date>;
  expires_at: Timestamp;
}
