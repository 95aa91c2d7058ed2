import { isDeepStrictEqual } from 'node:util';
import type { Repository } from '../db/repositories.ts';
import type { ConfigError } from '../db/schema.ts';
import { findMergeBase } from '../github/contents.ts';
import { refOf } from '../github/github.ts';
import type { StackDefinition } from '../stack/definition.ts';
import { mergeDefinitions } from '../stack/merge-definitions.ts';
import type { TriggerDeps } from './deps.ts';
import { readConfigAt } from './read-config-at.ts';

interface InForce {
  /** The default branch's commit that was read last; null before the first read. */
  sha: string | null;
  /** What the default branch says, without what pull requests bring. */
  definitions: StackDefinition[];
}

export interface HeadDefinitions {
  definitions: StackDefinition[];
  discovers: boolean;
  /** The stacks that there were when the branch left the default branch; null where that is not looked at. */
  before: Set<string> | null;
}

/**
 * The stacks that a pull request's head defines: what it has changed itself since it left the default branch, the rest
 * as it is in force. GitHub's list of its files says what it changes against the merge base, and so must this, or it
 * would take for its own what the default branch has changed meanwhile.
 *
 * The merge base meant is the one with the default branch's head, whichever branch the pull request goes to: it is the
 * default branch that zenfra.yml is in force from.
 */
export async function readHeadConfig(
  deps: TriggerDeps,
  repository: Repository,
  { headSha, inForce }: { headSha: string; inForce: InForce },
): Promise<HeadDefinitions | { error: ConfigError }> {
  const read = await readConfigAt(deps, repository, headSha);
  if ('error' in read) return read;
  const { stacks: head, discover } = read.config;
  const discovers = discover !== null;
  const base = isInForce(head, inForce) ? null : await readMergeBase(deps, repository, { headSha, inForce });
  if (!base) return { definitions: head, discovers, before: null };
  const definitions = mergeDefinitions({ base, head, inForce: inForce.definitions });
  return { definitions, discovers, before: new Set(base.map(({ name }) => name)) };
}

/** Nothing to tell apart then. It is so for most changes of modules, where each asks for this. */
function isInForce(head: StackDefinition[], { definitions }: InForce): boolean {
  const current = new Map(definitions.map((definition) => [definition.name, definition]));
  return (
    head.length === current.size &&
    head.every((definition) => isDeepStrictEqual(definition, current.get(definition.name)))
  );
}

/**
 * Null where it says nothing: the branch has all that the default branch has, they have no commit in common, or the
 * configuration could not be used there. What the head has counts as its own then.
 */
async function readMergeBase(
  deps: TriggerDeps,
  repository: Repository,
  { headSha, inForce }: { headSha: string; inForce: InForce },
): Promise<StackDefinition[] | null> {
  if (inForce.sha === null) return null;
  const between = { base: inForce.sha, head: headSha };
  const sha = await findMergeBase(deps.github, refOf(repository), between);
  if (sha === undefined || sha === inForce.sha) return null;
  const read = await readConfigAt(deps, repository, sha);
  return 'error' in read ? null : read.config.stacks;
}
