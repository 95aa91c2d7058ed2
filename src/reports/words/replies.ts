import type { Permission } from '../../run/checks.ts';
import { shortSha } from '../../run/short-sha.ts';
import { cellCode, code, mention } from '../escape.ts';
import { table } from '../table.ts';
import { type NamedRun, names, runWords } from './names.ts';

/** The answers to the other commands, and to what is not one. */

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

/** No plan was asked for since the App came, so nobody knows which stacks there are. */
export function notLookedAt(asked: string): string {
  return `Whether ${code(asked)} is a stack of this pull request is not known yet: it was never planned. Comment \`/plan\` to plan all of it.`;
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

export function notTheHead({ asked, head }: { asked: string; head: string }): string {
  return `Not planned: you asked for ${code(asked)}, but the head of this pull request is ${code(shortSha(head))}. Comment \`/plan\` to plan that.`;
}

export function discarded(stacks: readonly string[]): string {
  return stacks.length === 0
    ? 'Nothing to discard: no stack of this pull request has a plan that could be applied.'
    : `Discarded the ${stacks.length === 1 ? 'plan' : 'plans'} of ${names(stacks)}. Comment \`/plan\` to plan again.`;
}

/** `ending`: those that were told before, whose engines have not ended yet. */
export function canceled(runs: readonly NamedRun[], ending: readonly NamedRun[] = []): string {
  const words = [
    ...(runs.length > 0 ? [`Canceling ${runs.map(runWords).join(', ')}.`] : []),
    ...ending.map((run) => `Canceling ${runWords(run)} already: it ends as soon as its engine does.`),
  ];
  return words.join(' ') || 'Nothing to cancel: no run of this pull request is under way.';
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
