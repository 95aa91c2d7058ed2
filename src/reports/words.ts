import type { ApprovalRefusal, Hold, Permission, StaleReason } from '../run/checks.ts';
import { plural } from './amounts.ts';
import { cellCode, code, href, mention } from './escape.ts';
import { shortSha } from './links.ts';
import { table } from './table.ts';

/**
 * Every sentence the bot can say in a reply or a check. Each says what is the matter and what to do next. Names that
 * come from others are made inert here.
 */

/** A run that is named to people. */
export interface NamedRun {
  number: number;
  url: string;
}

export interface ApprovalSubject {
  stack: string;
  /** The commit of the plan. */
  sha: string;
  login: string;
  /** The run that a reason speaks of (what changed the state, what used the plan), if it can be linked. */
  run?: NamedRun & { branch?: string };
}

/** Why a plan was not applied. For a stale one the caller starts a new plan, and the sentence says so. */
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
      return `Not applied: the plan of ${code(shortSha(subject.sha))} is out of date because ${staleBecause(refusal.because, subject.run)}. A new plan is running; comment \`/approve\` when it appears.`;
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
      return `it is older than ${reason.afterHours} h`;
    case 'engine_changed':
      return `the engine changed (${code(reason.from)} → ${code(reason.to)})`;
    case 'hooks_changed':
      return 'the hooks in zenfra.yml of the tracked branch changed';
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

/** `stacks` is empty when the whole pull request was meant. */
export function nothingToApply(stacks: readonly string[]): string {
  const where =
    stacks.length === 0
      ? 'no stack of this pull request has'
      : `${names(stacks)} ${stacks.length === 1 ? 'has' : 'have'}`;
  const negation = stacks.length === 0 ? 'a plan with changes' : 'no changes';
  return `Nothing to apply: ${where} ${negation}.`;
}

/** The tracked branch has a run that waits for a person on the same stack. */
export function unconfirmedOnBranch({ stack, branch, run }: { stack: string; branch: string; run: NamedRun }): string {
  return `Not applied: ${runWords(run)} on ${code(branch)} waits for approval on ${code(stack)}. Approve or discard it first.`;
}

export function commitMismatch({ asked, head }: { asked: string; head: string }): string {
  return `Not applied: you asked for ${code(asked)}, but the head of this pull request is ${code(shortSha(head))}. Look at its plan and comment \`/approve ${shortSha(head).replace(/[^0-9a-zA-Z]/g, '')}\`.`;
}

export function noPermission({
  verb,
  login,
  needed,
  has,
}: {
  verb: string;
  login: string;
  needed: Permission;
  has: Permission;
}): string {
  const own = has === 'none' ? 'no permission' : `\`${has}\``;
  return `${code(`/${verb}`)} needs the \`${needed}\` permission on this repository, and ${mention(login)} has ${own}. Ask somebody who has it to comment ${code(`/${verb}`)}.`;
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

export function unknownStack({
  asked,
  similar,
  known,
}: {
  asked: string;
  similar: string | null;
  known: readonly string[];
}): string {
  const hint = similar === null ? '' : ` Did you mean ${code(similar)}?`;
  const list =
    known.length === 0 ? ' This pull request touches no stack.' : ` This pull request's stacks: ${names(known)}.`;
  return `There is no stack ${code(asked)} here.${hint}${list}`;
}

export function closedPullRequest(state: 'closed' | 'merged'): string {
  return state === 'merged'
    ? 'This pull request is merged: approve the run of the tracked branch on its page.'
    : 'This pull request is closed. Reopen it to plan and apply.';
}

export function notAPullRequest(): string {
  return 'This is an issue and not a pull request: there is nothing to plan or apply here.';
}

export function configErrorRefusal({
  file,
  line,
  message,
}: {
  file: string;
  line: number | null;
  message: string;
}): string {
  return `${code(line === null ? file : `${file}:${line}`)} cannot be used: ${code(message)}. Push a fix; it is planned by itself.`;
}

/** The whole commit, because another with the same first digits can be made. */
export function forkWords(headSha: string): string {
  return `This pull request comes from a fork, and nothing of a fork is planned unasked, or applied: its code would run here. Push the branch to this repository to have it planned. Or read it, then comment \`/plan ${headSha}\`: this commit is planned without credentials and without the state.`;
}

export const forkPlanNote =
  'This comes from a fork: it is planned without credentials and without the state, so each resource appears as new. Nothing of a fork is applied; push the branch to this repository for that.';

export const closedWords = 'This pull request was closed before its plans were there. Reopen it to have it planned.';

export const draftWords =
  'This pull request is a draft. It is planned when it is ready for review, or now if you comment `/plan`.';

// Help

export interface CommandHelp {
  usage: string;
  /** What it does, in a few words. */
  does: string;
  permission: Permission;
}

export function helpReply(commands: readonly CommandHelp[]): string {
  const rows = commands.map(({ usage, does, permission }) => [cellCode(usage), does, permission]);
  const columns = ['Command', 'What it does', 'Needs'].map((title) => ({ title }));
  return `${table(columns, rows)}\n\nOnly the first line of a new comment counts. \`/zenfra <command>\` works too.`;
}

export function unknownCommand(
  { asked, similar }: { asked: string; similar: string | null },
  commands: readonly CommandHelp[],
): string {
  const hint = similar === null ? '' : ` Did you mean ${code(similar)}?`;
  return `I do not know ${code(asked)}.${hint}\n\n${helpReply(commands)}`;
}

/** The command is known, what follows it is not. */
export function badArguments(problem: string, usage: string): string {
  return `${code(problem)} is not something I can use here. Write it as ${code(usage)}.`;
}

// Answers to the other commands

export function planStarted(stacks: readonly string[]): string {
  return `Planning ${names(stacks)}. The comment with the plan is edited when it is there.`;
}

export function discarded(stacks: readonly string[]): string {
  return stacks.length === 0
    ? 'Nothing to discard: no stack of this pull request has a plan that could be applied.'
    : `Discarded the ${stacks.length === 1 ? 'plan' : 'plans'} of ${names(stacks)}. Comment \`/plan\` to plan again.`;
}

export function canceled(runs: readonly NamedRun[]): string {
  return runs.length === 0
    ? 'Nothing to cancel: no run of this pull request is under way.'
    : `Canceling ${runs.map(runWords).join(', ')}.`;
}

export function unlocked(stacks: readonly string[]): string {
  return stacks.length === 0
    ? 'Nothing to unlock: no stack of this pull request is held.'
    : `Unlocked ${names(stacks)}. Plan again before you apply: the state may have changed.`;
}

/** `/unlock` of a stack whose last apply was given up. */
export function engineMayLive({ runNumber, host }: { runNumber: number; host: string }): string {
  const where = host === '' ? '' : ` on ${code(host)}`;
  return `Not unlocked: the engine of run \`#${runNumber}\` may still be at work${where}, and a second apply must not start beside it. Its worker looks every few seconds; comment \`/unlock\` again when it has ended, or end it there first.`;
}

export function alreadyApproved({ by, run }: { by: string; run: NamedRun }): string {
  return `Already approved by ${mention(by)}: ${runWords(run)}.`;
}

// Why a run ended. Plain text: it is stored, and goes into titles as it is.

export function supersededBy(sha: string): string {
  return `Superseded by ${shortSha(sha)}`;
}

/** The check of a run that another followed on the same commit before its end was told. */
export const followedWords = 'Another run of this commit followed';

export function discardedBy(login: string): string {
  return `Discarded by @${login}`;
}

export function canceledBy(login: string): string {
  return `Canceled by @${login}`;
}

export function noStacksWords(rules: readonly string[]): string {
  if (rules.length === 0) return 'There is no stack in this repository yet.';
  const shown = rules.slice(0, 100).map((rule) => `- ${code(rule)}`);
  const more = rules.length > shown.length ? `\n- and ${rules.length - shown.length} more` : '';
  return `No changed file matches the paths of a stack. Looked at ${plural(rules.length, 'rule')}:\n\n${shown.join('\n')}${more}`;
}

export function mergeWords(branch: string): string {
  return `Merge this pull request so that ${code(branch)} matches. The run on ${code(branch)} will plan again and finish by itself if nothing differs.`;
}

export const unknownOutcomeWords =
  'The worker was lost while it applied. The infrastructure may be **partly changed**, and the stack is **held**: nothing applies to it until a person has looked.';

export function unknownOutcomeSteps(stack: string, log: string): string {
  return [
    `1. Read the ${log}: what was started may have been made.`,
    '2. Compare what exists with the state of the stack; import or remove what differs.',
    `3. An admin comments ${code(`/unlock ${stack}`)}, then \`/plan\` shows what is left to do.`,
  ].join('\n');
}

function names(stacks: readonly string[]): string {
  const shown = stacks.slice(0, 20).map((stack) => code(stack));
  const left = stacks.length - shown.length;
  return shown.join(', ') + (left > 0 ? ` and ${left} more` : '');
}

/** Linked where the page is known; else in code, or GitHub would take the number for an issue's. */
function runWords(run: { number: number; url?: string | undefined }): string {
  return run.url === undefined ? `run ${code(`#${run.number}`)}` : `[run #${run.number}](${href(run.url)})`;
}

/** The check of a merge queue's commit. */
export function mergeGroupWords(pull: number | null): { title: string; summary: string } {
  const where = pull === null ? 'on its pull request' : `on #${pull}`;
  return {
    title: 'Planned on the pull request',
    summary: `What this merge would change was planned ${where}. The push that follows makes a run that plans again and waits for approval.`,
  };
}
