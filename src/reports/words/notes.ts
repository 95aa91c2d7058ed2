import type { Hold } from '../../run/checks.ts';
import type { RunFailure } from '../../run/failure.ts';
import { shortSha } from '../../run/short-sha.ts';
import { plural } from '../amounts.ts';
import { code, mention } from '../escape.ts';
import { runWords } from './names.ts';

/** What comments, checks and runs say of a state of things. */

export function supersededBy(sha: string): string {
  return `Superseded by ${shortSha(sha)}`;
}

/** The check of a run that another followed on the same commit before its end was told. */
export const followedWords = 'Another run of this commit followed';

/** A check that GitHub has made twice for one run. */
export const repeatedWords = 'The newer check of this name is the one that counts';

/** The whole commit, because another with the same first digits can be made. */
export function forkWords(headSha: string): string {
  return `This pull request comes from a fork, and nothing of a fork is planned unasked, or applied: its code would run here. Push the branch to this repository to have it planned. Or read it, then comment \`/plan ${headSha}\`: this commit is planned without credentials and without the state.`;
}

export const forkPlanNote =
  'This comes from a fork: it is planned without credentials and without the state, so each resource appears as new. Nothing of a fork is applied; push the branch to this repository for that.';

/** The check of a pull request that was closed while it was planned. */
export const closedUnplannedWords =
  'This pull request was closed before its plans were there. Reopen it to have it planned.';

export const closedWords =
  'This pull request is closed: none of its plans can be applied. Reopen it to have it planned.';

export const mergedWords = 'This pull request is merged: what is applied is the plan of its push.';

export const notOfDraftWords =
  'Nothing of a draft is applied. Mark this pull request ready for review: it is planned then.';

export const draftWords =
  'This pull request is a draft. It is planned when it is ready for review, or now if you comment `/plan`.';

/** Of a repository that has no stack at all, and of a branch that none tracks. */
const noStackOfBranchWords =
  'No stack tracks the branch that this pull request goes to. The stacks of a repository are what its zenfra.yml on the default branch names, or finds by `discover`; without that file its root is one, if there is something to plan in it. Only committed `.tf` and `.tofu` files count: what Terragrunt, CDKTF or another tool generates is planned where that is committed, and its directory named in zenfra.yml.';

export function noStacksWords(rules: readonly string[]): string {
  if (rules.length === 0) return noStackOfBranchWords;
  const shown = rules.slice(0, 100).map((rule) => `- ${code(rule)}`);
  const more = rules.length > shown.length ? `\n- and ${rules.length - shown.length} more` : '';
  return `No changed file matches the paths of a stack. Looked at ${plural(rules.length, 'rule')}:\n\n${shown.join('\n')}${more}`;
}

export function mergeWords(branch: string): string {
  return `Merge this pull request so that ${code(branch)} matches. The run on ${code(branch)} will plan again and finish by itself if nothing differs.`;
}

/** The check of a merge queue's commit. */
export function mergeGroupWords(pull: number | null): { title: string; summary: string } {
  const where = pull === null ? 'on its pull request' : `on #${pull}`;
  return {
    title: 'Planned on the pull request',
    summary: `What this merge would change was planned ${where}. The push that follows makes a run that plans again and waits for approval.`,
  };
}

export function heldWords(stack: string, hold: Hold): string {
  const name = code(stack);
  const unlock = code(`/unlock ${stack}`);
  switch (hold.reason) {
    case 'pull_request':
      return `${name} is held by pull request #${hold.pullRequest ?? '?'}, which applied to it. Wait until that is merged or closed, or comment ${unlock}.`;
    case 'outcome_unknown':
      return `${name} is held because nobody knows how ${hold.runNumber === null ? 'an apply' : `the apply of ${runWords({ number: hold.runNumber })}`} ended. Look at what exists, then an admin comments ${unlock}.`;
    case 'person':
      return `${name} is held by ${mention(hold.by)}. Ask them, or comment ${unlock}.`;
  }
}

export function unknownOutcomeWords({ reason }: Pick<RunFailure, 'reason'>): string {
  const what =
    reason === 'lost' ? 'The worker was lost while it applied' : 'The engine or a provider did not end as it should';
  return `${what}. The infrastructure may be **partly changed**, and the stack is **held**: nothing applies to it until a person has looked.`;
}

/** `planned`: how what is left to do is seen. */
export function unknownOutcomeSteps(stack: string, { log, planned }: { log: string; planned: string }): string {
  return [
    `1. Read the ${log}: what was started may have been made.`,
    '2. Compare what exists with the state of the stack; import or remove what differs.',
    `3. An admin comments ${code(`/unlock ${stack}`)}, then ${planned} shows what is left to do.`,
  ].join('\n');
}
