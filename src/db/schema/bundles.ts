import type { Generated } from 'kysely';
import type { BundleChange } from '../../bundle/changes.ts';
import type { OutlineItem } from '../../bundle/contents.ts';
import type { Json, Nullable, NullableTimestamp, WithDefault } from './columns.ts';

/** Configuration bundles: what runs are given. */

/** A configuration bundle: variables and files for the stacks of one repository. */
export interface BundlesTable {
  id: string;
  repository_id: number;
  /** Its own among the repository's bundles that are not removed. */
  name: string;
  description: WithDefault<string>;
  created_by: string;
  created_at: WithDefault<Date>;
  /** Its versions stay: runs had them. */
  removed_at: NullableTimestamp;
  removed_by: Nullable<string>;
}

/** Written once and never changed. */
export interface BundleVersionsTable {
  id: string;
  bundle_id: string;
  /** 1, 2, 3 … within the bundle. */
  number: number;
  /** Sealed, bound to the version's id. */
  contents: Buffer;
  /** Bytes in clear; 0 if there is nothing in it. */
  size: number;
  /** What is in it, without the values. */
  outline: Json<OutlineItem[]>;
  /** Which entries differ from the version before. */
  changes: Json<BundleChange[]>;
  created_by: string;
  created_at: WithDefault<Date>;
}

export interface BundleAttachmentsTable {
  id: Generated<number>;
  bundle_id: string;
  /** One of the two: a stack's name in zenfra.yml, or a label that stacks have. */
  stack_name: Nullable<string>;
  label: Nullable<string>;
  /** The higher one prevails. */
  priority: number;
  created_by: string;
  created_at: WithDefault<Date>;
}

/** The versions that a run had, the one that prevails first. */
export interface RunBundlesTable {
  run_id: string;
  position: number;
  bundle_version_id: string;
}
