import { settleCommand, takeCommand } from '../db/commands.ts';
import { findPullRequest, noticePullRequest, type PullRequest } from '../db/pull-requests.ts';
import type { Repository } from '../db/repositories.ts';
import { listStacks, listStacksInHand, type Stack } from '../db/stacks.ts';
import { react } from '../github/comments.ts';
import { refOf } from '../github/github.ts';
import { readPermission } from '../github/people.ts';
import { findPullRequestNow } from '../github/pull-requests.ts';
import {
  badArguments,
  noPermission,
  notAPullRequest,
  notLookedAt,
  unknownCommand,
  unknownStack,
} from '../reports/words/replies.ts';
import { hasPermission } from '../run/checks.ts';
import { nearest } from '../stack/nearest.ts';
import { seenAs } from '../triggers/pull-request.ts';
import { type Command, type CommandDeps, type CommandResult, refuse } from './command.ts';
import { commands } from './index.ts';
import { commitPattern, type ParsedComment, parseComment } from './parse.ts';

export interface CommentSeen {
  id: number;
  body: string;
  author: string;
  createdAt: Date;
  /** When its webhook came, by the database's clock. */
  receivedAt: Date;
  /** The pull request's or issue's number. */
  number: number;
  onPullRequest: boolean;
}

/**
 * Obeys a newly created comment of a person, if its first line is a command. 👀 when seen; what came of it is told by
 * `reports/report-command`, whenever GitHub takes it. Returns what was done in a few words.
 */
export async function handleComment(deps: CommandDeps, repository: Repository, comment: CommentSeen): Promise<string> {
  const parsed = parseComment(comment.body);
  if (parsed.kind === 'none') return 'not a command';
  const id = `comment:${comment.id}`;
  const command = await takeCommand(deps.db, {
    id,
    repository_id: repository.id,
    pull_request_number: comment.number,
    comment_id: comment.id,
    verb: parsed.kind === 'command' ? parsed.verb : 'unknown',
    author: comment.author,
  });
  if (command.outcome !== null) return 'this comment was handled before';
  await showSeen(deps, repository, comment.id);
  const result = await obey(deps, { id, repository, comment, parsed });
  const { outcome, reply = null } = result;
  await settleCommand(deps.db, id, { outcome, reply });
  return `${parsed.kind === 'command' ? parsed.verb : 'unknown command'}: ${outcome}`;
}

interface Received {
  id: string;
  repository: Repository;
  comment: CommentSeen;
  parsed: Exclude<ParsedComment, { kind: 'none' }>;
}

async function obey(deps: CommandDeps, { id, repository, comment, parsed }: Received): Promise<CommandResult> {
  if (!comment.onPullRequest) return refuse(notAPullRequest());
  if (parsed.kind === 'unknown') return refuse(explain(parsed));
  const command = commands[parsed.verb];
  const [permission, pull] = await Promise.all([
    readPermission(deps.github, refOf(repository), comment.author),
    findPullRequestNow(deps.github, refOf(repository), comment.number),
  ]);
  if (!pull) return refuse(notAPullRequest());
  if (!hasPermission(permission, command.permission)) {
    return refuse(
      noPermission({ verb: parsed.verb, login: comment.author, needed: command.permission, has: permission }),
    );
  }
  await noticePullRequest(deps.db, seenAs(repository, pull));
  const row = await findPullRequest(deps.db, repository.id, pull.number);
  if (!row) throw new Error(`Pull request #${pull.number} was recorded and is gone`);
  const meant = await resolve(deps, { repository, row, command, merged: pull.state === 'merged', args: parsed.args });
  if ('refusal' in meant) return refuse(meant.refusal);
  const { author, createdAt: writtenAt, receivedAt } = comment;
  const given = { id, author, permission, pressedOn: null, writtenAt, receivedAt };
  return command.run(deps, { repository, pull, row, ...given, ...meant });
}

function explain(parsed: Extract<ParsedComment, { kind: 'unknown' }>): string {
  if (parsed.problem === 'argument' && parsed.suggestion)
    return badArguments(parsed.text, commands[parsed.suggestion].usage);
  return unknownCommand(
    { asked: parsed.text, similar: parsed.suggestion && `/${parsed.suggestion}` },
    Object.values(commands),
  );
}

interface Arguments {
  repository: Repository;
  row: PullRequest;
  command: Command;
  merged: boolean;
  args: string[];
}

/** The stacks and the commit that arguments name. A word that is no stack here counts as a commit if it looks like one and the command takes one. */
async function resolve(
  deps: CommandDeps,
  { args, ...about }: Arguments,
): Promise<{ stacks: Stack[]; named: boolean; commit: string | null } | { refusal: string }> {
  const { command, row } = about;
  const known = await knownTo(deps, about);
  const named: Stack[] = [];
  let commit: string | null = null;
  for (const arg of args) {
    const stack = known.find((one) => one.name === arg);
    if (stack) named.push(stack);
    else if (command.takesCommit && commit === null && commitPattern.test(arg)) commit = arg;
    else {
      if (!isLookedAt(row)) return { refusal: notLookedAt(arg) };
      const names = known.map((one) => one.name);
      return { refusal: unknownStack({ asked: arg, similar: nearest(arg, names), known: names }) };
    }
  }
  return { stacks: named.length > 0 ? named : known, named: named.length > 0, commit };
}

/** A later push may touch less, and a merge brings runs of what was not looked at before: what has begun is the pull request's. */
async function knownTo({ db }: CommandDeps, about: Omit<Arguments, 'args'>): Promise<Stack[]> {
  const { repository, row, command, merged } = about;
  const names = new Set(row.affected.map((stack) => stack.name));
  const touched = (await listStacks(db, repository.id)).filter((stack) => names.has(stack.name));
  const begun = command.ends || merged ? await listStacksInHand(db, repository.id, row.number) : [];
  return [...touched, ...begun.filter(({ id }) => !touched.some((stack) => stack.id === id))];
}

/** One from before our time, or whose webhook is still to come, is known by its number alone. */
function isLookedAt({ affected, rules, config_error: error }: PullRequest): boolean {
  return affected.length > 0 || rules.length > 0 || error !== null;
}

/** Only good at once: that GitHub does not take it must not undo, hold up or repeat what was asked for. */
async function showSeen(deps: CommandDeps, repository: Repository, commentId: number): Promise<void> {
  await react(deps.github, refOf(repository), { commentId, content: 'eyes' }).catch((error: unknown) =>
    deps.log.warn({ err: error, commentId }, 'a reaction could not be added'),
  );
}
