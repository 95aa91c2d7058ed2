import type { Nullable, NullableTimestamp, WithDefault } from './columns.ts';

/** The states of stacks, and who may read and write them. */

export interface StateVersionsTable {
  id: string;
  stack_id: string;
  /** 64-bit, stored as `numeric` so that it arrives as a string: a JavaScript number would round it. */
  serial: string;
  lineage: string;
  /** Of the bytes in clear, hex. */
  md5: string;
  size: number;
  /** Sealed, bound to the version's id. */
  bytes: Buffer;
  run_id: Nullable<string>;
  created_by: string;
  created_at: WithDefault<Date>;
  origin: WithDefault<'run' | 'import' | 'roll_back'>;
  /** Of a roll-back, the version whose content it has. */
  copy_of: Nullable<string>;
  /** Null: encrypted, or written before this was noted. */
  holds_resources: Nullable<boolean>;
}

/** Writes that were refused are kept: they may be the only record of what exists. */
export interface RejectedStatesTable {
  id: string;
  stack_id: string;
  run_id: Nullable<string>;
  reason: string;
  bytes: Buffer;
  size: number;
  created_at: WithDefault<Date>;
}

export interface StateLocksTable {
  stack_id: string;
  lock_id: string;
  /** The engine's lock info, as received. */
  info: Buffer;
  run_id: Nullable<string>;
  created_at: WithDefault<Date>;
}

/** Good for one run and one of its executions. */
export interface StateCredentialsTable {
  /** sha256 of the token, hex. */
  token_sha256: string;
  /** Sealed, bound to its hash; null in rows from before there was the column. */
  token: Nullable<Buffer>;
  run_id: string;
  stack_id: string;
  access: 'read' | 'write';
  created_at: WithDefault<Date>;
  revoked_at: NullableTimestamp;
  /** The state version the last GET was answered with. */
  served_version_id: Nullable<string>;
  /** Whether a GET was answered at all: tells `no state` from `never asked`. */
  served_at: NullableTimestamp;
}
