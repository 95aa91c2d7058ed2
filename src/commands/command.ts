import type { PullRequest } from '../db/pull-requests.ts';
import type { Repository } from '../db/repositories.ts';
import type { Stack } from '../db/stacks.ts';
import type { PullRequestNow } from '../github/pull-requests.ts';
import type { Permission } from '../run/checks.ts';
import type { TriggerDeps } from '../triggers/deps.ts';
import type { CommandVerb } from './parse.ts';

export interface CommandDeps extends TriggerDeps {
  /** Our App's id: replies are found by it. */
  appId: number;
  /** Without a trailing slash; for links in replies. */
  publicUrl: string;
}

/** A command as it was given: by whom, where, and about what. */
export interface CommandCall {
  /** Our id of it: the comment's, or a button press's. */
  id: string;
  repository: Repository;
  pull: PullRequestNow;
  /** As last recorded, with the stacks its head touches. */
  row: PullRequest;
  author: string;
  permission: Permission;
  /** The stacks that are meant: those named, or all the pull request touches; see also `Command.ends`. */
  stacks: Stack[];
  /** Whether they were named. */
  named: boolean;
  /** A commit that was given to pin the command to it. */
  commit: string | null;
  /** The run on whose check a button was pressed: its plan is meant and no other. Null for a comment. */
  pressedOn: string | null;
  /** GitHub's clock; null for a button, which is pressed on the check that shows the plan. */
  writtenAt: Date | null;
  /** When the command came, by the database's clock; null for a button. */
  receivedAt: Date | null;
}

/** What came of it. `started`: runs that were made and whose end is told later; the reply is about what has started none. */
export type CommandResult =
  | { outcome: 'started'; reply?: string | null }
  | { outcome: 'done'; reply: string | null }
  | { outcome: 'refused'; reply: string };

export function refuse(reply: string): CommandResult {
  return { outcome: 'refused', reply };
}

export interface Command {
  verb: CommandVerb;
  /** As people write it: `/approve [stack…]`. */
  usage: string;
  /** A few words, for the help. */
  does: string;
  permission: Permission;
  /** Whether a commit may pin it; elsewhere a word that looks like one is a stack that is not there. */
  takesCommit: boolean;
  /** Whether it ends what the pull request has begun: also on stacks that its head does not touch any more. */
  ends: boolean;
  run(deps: CommandDeps, call: CommandCall): Promise<CommandResult>;
}
