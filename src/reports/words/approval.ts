import type { ApprovalRefusal, StaleReason } from '../../run/checks.ts';
import { durationText } from '../../run/limits.ts';
import { shortSha } from '../../run/short-sha.ts';
import { plural } from '../amounts.ts';
import { code, mention } from '../escape.ts';
import { type NamedRun, names, runWords } from './names.ts';
import { heldWords } from './notes.ts';
import { closedPullRequest, noPermission } from './replies.ts';

/** Why something was not applied, and what to do about it: the answers to `/approve` and to the Approve button. */

export interface ApprovalSubject {
  stack: string;
  /** The commit of the plan. */
  sha: string;
  login: string;
  /** The run that a reason speaks of (what changed the state, what used the plan), if it can be linked. */
  run?: NamedRun & { branch?: string };
  /** The plan is of the very run that was to apply it: there is no pull request for which it is made anew. */
  ownPlan?: boolean;
}

/** Why a plan was not applied. For a stale one of a pull request the caller starts a new plan, and the sentence says so. */
export function refusedApproval(refusal: ApprovalRefusal, subject: ApprovalSubject): string {
  const stack = code(subject.stack);
  switch (refusal.kind) {
    case 'no_permission':
      return `Not applied: ${noPermission({ verb: 'approve', login: subject.login, needed: refusal.needed, has: refusal.has })}`;
    case 'self_approval':
      return `Not applied: ${stack} is to be approved by somebody else than who made the change, and ${mention(subject.login)} did. Ask a colleague to comment \`/approve\`.`;
    case 'protected':
      return `Not applied: ${stack} is protected against destruction. Set \`protect.destroy: false\` in zenfra.yml on the tracked branch first.`;
    case 'not_automatic':
      return `Not applied: ${stack} does not apply such a plan by itself any more. Re-run it and approve its plan.`;
    case 'not_reviewed':
      return `Not applied: ${stack} needs an approving review of this commit by somebody with write permission who is not the author. Ask for one, and comment \`/approve\` again.`;
    case 'diverged':
      return `Not applied: ${stack} needs this pull request to be up to date, and it lacks ${refusal.behindBy === 0 ? 'commits' : plural(refusal.behindBy, 'commit')} of its base. Update the branch; it is planned then.`;
    case 'checks':
      return `Not applied: ${stack} needs all checks of this commit to pass. ${checkWords(refusal)}`;
    case 'fork':
      return 'Not applied: this pull request comes from a fork, and nothing of a fork is applied. Push the branch to this repository.';
    case 'closed':
      return `Not applied: ${closedPullRequest(refusal.state)}`;
    case 'locked':
      return 'Not applied: the conversation of this pull request is locked. Unlock it to approve.';
    case 'draft':
      return 'Not applied: this pull request is a draft. Mark it ready for review; it is planned then.';
    case 'held':
      return `Not applied: ${heldWords(subject.stack, refusal.hold)}`;
    case 'removed':
      return `Not applied: ${stack} is not in zenfra.yml any more.`;
    case 'retargeted':
      return `Not applied: ${stack} is applied from ${code(refusal.branch)}, and this pull request goes to ${code(refusal.base)} now.`;
    case 'used':
      return `Not applied: the plan of ${stack} was already applied by ${runWords({ number: refusal.runNumber, url: subject.run?.url })}. A plan is applied only once; comment \`/plan\` to see whether anything is left.`;
    case 'discarded':
      return `Not applied: the plan of ${stack} was discarded by ${mention(refusal.by)}. Comment \`/plan\` to make a new one.`;
    case 'unseen':
      return `Not applied: the plan of ${stack} is newer than your comment, so you cannot have seen it. Look at it and comment \`/approve\` again.`;
    case 'stale':
      return `Not applied: the plan of ${code(shortSha(subject.sha))} is out of date because ${staleBecause(refusal.because, subject.run)}. ${subject.ownPlan ? 'Re-run it, and approve the new plan.' : 'A new plan is running; comment `/approve` when it appears.'}`;
  }
}

function checkWords({ failed, pending }: { failed: string[]; pending: string[] }): string {
  const parts = [
    ...(failed.length > 0 ? [`${names(failed)} failed.`] : []),
    ...(pending.length > 0 ? [`${names(pending)} ${pending.length === 1 ? 'has' : 'have'} not ended yet.`] : []),
  ];
  return `${parts.join(' ')} Comment \`/approve\` again when ${parts.length > 1 || failed.length + pending.length > 1 ? 'they are' : 'it is'} green.`.trim();
}

/** What can make a plan stale; the last two show only when the apply has been prepared. */
export type StaleBecause = StaleReason | { kind: 'source_changed' } | { kind: 'lock_file_changed' };

/** The clause after `because`, without a full stop. */
export function staleBecause(reason: StaleBecause, run?: ApprovalSubject['run']): string {
  switch (reason.kind) {
    case 'new_commit':
      return `a new commit ${code(shortSha(reason.head))} was pushed`;
    case 'state_changed':
      return `the state changed since (${stateChange(reason, run)})`;
    case 'expired':
      return `it is older than ${durationText(reason.afterMs)}`;
    case 'engine_changed':
      return `the engine changed (${code(reason.from)} → ${code(reason.to)})`;
    case 'hooks_changed':
      return 'the hooks in zenfra.yml of the tracked branch changed';
    case 'state_moved':
      return 'zenfra.yml of the tracked branch says now that the state is kept elsewhere';
    case 'bundle_changed':
      return bundleChange(reason);
    case 'source_changed':
      return 'the content of the source archive is not what was planned';
    case 'lock_file_changed':
      return 'the dependency lock file is not what was planned with';
  }
}

function bundleChange({ name, from, to }: Extract<StaleReason, { kind: 'bundle_changed' }>): string {
  const bundle = `the configuration bundle ${code(name)}`;
  if (from === null) return `${bundle} was attached`;
  if (to === null) return `${bundle} is not attached any more`;
  return from === to ? `${bundle} has another priority` : `${bundle} changed (version ${from} → ${to})`;
}

function stateChange(
  { from, to, byRun }: Extract<StaleReason, { kind: 'state_changed' }>,
  run: ApprovalSubject['run'],
): string {
  const serials = `serial ${from ?? 'none'} → ${to ?? 'none'}`;
  if (byRun === null) return serials;
  return `${serials}, ${runWords({ number: byRun, url: run?.url })}${run?.branch === undefined ? '' : ` on ${code(run.branch)}`}`;
}

export function noPlanYet(stack: string, run: NamedRun | null): string {
  const where = run === null ? 'It starts by itself' : `It is being made in ${runWords(run)}`;
  return `Not applied: ${code(stack)} has no plan yet. ${where}; comment \`/approve\` when it is there.`;
}

export function planFailed(stack: string, run: NamedRun): string {
  return `Not applied: the plan of ${code(stack)} failed in ${runWords(run)}. Push a fix, or comment \`/plan\` to try again.`;
}

export function planStopped(stack: string, run: NamedRun): string {
  return `Not applied: the plan of ${code(stack)} was stopped in ${runWords(run)}. Comment \`/plan\` to make a new one.`;
}

/** `stacks` is empty when the whole pull request was meant. */
export function nothingToApply(stacks: readonly string[]): string {
  const where =
    stacks.length === 0
      ? 'no stack of this pull request has'
      : `${names(stacks)} ${stacks.length === 1 ? 'has' : 'have'}`;
  const negation = stacks.length === 0 ? 'a plan with changes' : 'no changes';
  return `Nothing to apply: ${where} ${negation}.`;
}

/** Beside others that are applied. */
export function leftOut(stacks: readonly string[], reasons: string): string {
  return `Left out: ${names(stacks)}.\n\n${reasons}`;
}

/** The tracked branch has a run that waits for a person on the same stack. */
export function unconfirmedOnBranch({ stack, branch, run }: { stack: string; branch: string; run: NamedRun }): string {
  return `Not applied: ${runWords(run)} on ${code(branch)} waits for approval on ${code(stack)}. Approve or discard it first.`;
}

export function commitMismatch({ asked, head }: { asked: string; head: string }): string {
  return `Not applied: you asked for ${code(asked)}, but the head of this pull request is ${code(shortSha(head))}. Look at its plan and comment \`/approve ${shortSha(head).replace(/[^0-9a-zA-Z]/g, '')}\`.`;
}

/** On a merged pull request: the run of its push plans another commit than was asked for. */
export function otherCommit({ asked, planned, run }: { asked: string; planned: string; run: NamedRun }): string {
  return `Not applied: you asked for ${code(shortSha(asked))}, but the pull request is merged, and ${runWords(run)} plans ${code(shortSha(planned))}. Look at its plan and approve that.`;
}

/** The button of a check whose plan was made anew, of the same commit. */
export function otherPlan(stack: string, run: NamedRun): string {
  return `Not applied: this button was of another plan of ${code(stack)} than ${runWords(run)} makes. Look at that one and approve it.`;
}

/** An order that is asked for in zenfra.yml; whoever names a stack knows of it. */
export function dependsOnMissing(stack: string, other: string): string {
  return `Not applied: ${code(stack)} depends on ${code(other)}, which is not applied. Apply that first, or comment ${code(`/approve ${stack}`)} to do without it.`;
}
