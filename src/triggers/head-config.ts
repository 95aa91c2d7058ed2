import type { Repository } from '../db/repositories.ts';
import type { Stack } from '../db/stacks.ts';
import type { PullRequestNow } from '../github/pull-requests.ts';
import type { StackDefinition } from '../stack/definition.ts';
import { type Rights, rightsOf } from '../stack/rights.ts';
import type { HeadDefinitions } from './read-head-config.ts';

/** A pull request with the configuration at its head, and the stacks as they are on record. */
export interface HeadConfig extends HeadDefinitions {
  repository: Repository;
  pull: PullRequestNow;
  /** Null: more than can be listed, so every stack counts as touched. */
  paths: string[] | null;
  stacks: Stack[];
}

/** What the tracked branch grants: to a stack that it does not have yet, what its defaults do. */
export function grantedTo({ repository, pull, stacks }: HeadConfig, definition: StackDefinition): Rights {
  const name = definition.renamedFrom ?? definition.name;
  const known = stacks.find((stack) => stack.name === name && stack.pull_request_number !== pull.number);
  if (known) return rightsOf(known.definition);
  return { ...rightsOf(repository.default_rights), state: definition.state };
}
