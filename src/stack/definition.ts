import type { Hooks } from '../run/hooks.ts';
import type { RunPolicy } from '../run/policy.ts';
import type { Engine } from '../run/status.ts';
import type { Rights } from './rights.ts';

/** A stack as its zenfra.yml defines it, defaults applied. */
export interface StackDefinition extends RunPolicy {
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
  /** `1.11.4`, `1.11` for any of its patches, or a constraint such as `~> 1.11`; null for whatever the worker has. */
  version: string | null;
  /** Who keeps the state: Zenfra, or the backend that the repository declares. */
  state: 'managed' | 'external';
  /** By these, and by the environment, configuration bundles are attached to the stack. */
  labels: string[];
  environment: string | null;
  /** Whether draft pull requests are planned. */
  planDrafts: boolean;
  /** Names of the stacks that are planned and applied before this one. */
  dependsOn: string[];
  hooks: Hooks;
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
  others: Record<OtherSetting, SettingSource>;
}

/** Settings that are known by their place in the file. */
export const otherSettings = [
  'labels',
  'environment',
  'state',
  'triggers.on_pull_request.drafts',
  'approval.requirements',
  'approval.permission',
  'approval.self_approve',
  'approval.expires',
  'auto_apply',
  'depends_on',
  'timeouts.plan',
  'timeouts.apply',
  'protect.destroy',
  'hooks.before_init',
  'hooks.after_init',
  'hooks.before_plan',
  'hooks.after_plan',
  'hooks.before_apply',
  'hooks.after_apply',
] as const;
export type OtherSetting = (typeof otherSettings)[number];

export const commentDetails = ['diff', 'resources', 'summary'] as const;
export type CommentDetail = (typeof commentDetails)[number];

/** What a zenfra.yml says. */
export interface ZenfraConfig {
  stacks: StackDefinition[];
  /** A null detail leaves the choice to the repository's visibility. */
  comments: { detail: CommentDetail | null };
  /** What is granted to a stack that does not say otherwise. */
  defaultRights: Rights;
  /** Globs of directories in which root modules are looked for; null where they are not. */
  discover: string[] | null;
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

/**
 * `sources` has an entry for each stack. `wantsModules`: read with the modules in these directories, and what those use,
 * it would say more.
 */
export type ConfigReading =
  | { ok: true; config: ZenfraConfig; sources: Map<string, StackSources>; wantsModules: 'everywhere' | string[] }
  | { ok: false; errors: ConfigError[] };

/** Of one repository, named and discovered ones together. */
export const mostStacks = 1000;

/** Also what a command's argument may look like: nothing in it can reach a shell, a path or a flag. */
export const stackNamePattern = /^[a-z0-9][a-z0-9_-]{0,62}$/;

export const stackNameRule =
  'at most 63 lowercase letters, digits, "-" and "_", beginning with a letter or digit, such as network-prod';
