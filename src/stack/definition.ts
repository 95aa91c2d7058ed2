import type { Engine } from '../run/status.ts';

/** A stack as its zenfra.yml defines it, defaults applied. */
export interface StackDefinition {
  name: string;
  /** Directory of the root module, relative to the repository's root; `.` for the root itself. */
  path: string;
  /** The tracked branch; null means the repository's default branch. */
  branch: string | null;
  /** The stack's former name, so that history and state follow it. */
  renamedFrom: string | null;
  /** Relative to `path`; may go up, never out of the repository. */
  varFiles: string[];
  /** Globs from the repository's root, `!` excludes, the last one that matches a file decides. */
  pushPaths: string[];
  engine: Engine | null;
  /** `1.11.4`, or `1.11` for any of its patches; null for whatever the worker has. */
  version: string | null;
}

/** Where a setting was said: of the stack itself or in `defaults`, at a 1-based line of zenfra.yml; or nowhere. */
export type SettingSource = { by: 'stack' | 'defaults'; line: number } | { by: 'built_in' };

/** Of each setting of a stack where it comes from; of the globs, one for each. */
export interface StackSources {
  path: SettingSource;
  branch: SettingSource;
  varFiles: SettingSource;
  pushPaths: SettingSource[];
  engine: SettingSource;
  version: SettingSource;
  renamedFrom: SettingSource;
  commentDetail: SettingSource;
}

export const commentDetails = ['diff', 'resources', 'summary'] as const;
export type CommentDetail = (typeof commentDetails)[number];

/** What a zenfra.yml says. */
export interface ZenfraConfig {
  stacks: StackDefinition[];
  /** A null detail leaves the choice to the repository's visibility. */
  comments: { detail: CommentDetail | null };
}

/** One mistake in a zenfra.yml; line and column are 1-based. */
export interface ConfigError {
  line: number;
  column: number;
  /** A whole sentence or two: what is wrong, the value received, what to write instead. */
  message: string;
  /** Dotted, such as `stacks.network.path`; empty where the YAML itself cannot be read. */
  field: string;
}

/** `sources` has an entry for each stack. */
export type ConfigReading =
  | { ok: true; config: ZenfraConfig; sources: Map<string, StackSources> }
  | { ok: false; errors: ConfigError[] };

/** Also what a command's argument may look like: nothing in it can reach a shell, a path or a flag. */
export const stackNamePattern = /^[a-z0-9][a-z0-9_-]{0,62}$/;

export const stackNameRule =
  'at most 63 lowercase letters, digits, "-" and "_", beginning with a letter or digit, such as network-prod';
