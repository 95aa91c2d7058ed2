import { stackNamePattern } from '../stack/definition.ts';
import { nearest } from '../stack/nearest.ts';

export const commandVerbs = ['approve', 'plan', 'discard', 'cancel', 'unlock', 'help'] as const;
export type CommandVerb = (typeof commandVerbs)[number];

export type ParsedComment =
  /** Nothing for us, and no answer: talk, or another bot's command. */
  | { kind: 'none' }
  /** Each argument is a stack's name by pattern, or a commit by `commitPattern`; which exist is not known here. */
  | { kind: 'command'; verb: CommandVerb; args: string[] }
  /** Meant for us, but not a command: answered with help. `text` is for showing only, at most 100 characters. */
  | { kind: 'unknown'; text: string; problem: 'verb' | 'argument'; suggestion: CommandVerb | null };

const none: ParsedComment = { kind: 'none' };
const longestShown = 100;
const mostArguments = 100;
/** Also the one that a Mac types with ⌥ held and chats put into what is copied, and the wide one of East Asian keyboards. */
const blanks = /[ \t\u00a0\u3000]+/;
export const commitPattern = /^[0-9a-f]{7,40}$/i;

/**
 * Reads the command in a comment's first line. The line must begin with it, after at most three spaces: with four it
 * is code in Markdown, and quotes, fences, inline code and HTML comments all begin with another character. Characters
 * outside of ASCII make it no command, as look-alikes are not to be guessed at; blanks are blanks. The work is linear in
 * the line.
 */
export function parseComment(body: string): ParsedComment {
  const line = firstLine(body);
  const words = line.split(blanks).filter((word) => word !== '');
  const first = words[0];
  if (!/^ {0,3}\//.test(line) || first === undefined) return none;
  const addressed = first.toLowerCase() === '/zenfra';
  const typed = addressed ? (words[1] ?? 'help') : first.slice(1);
  const verb = findVerb(typed);
  if (verb !== undefined) return readCommand(verb, words.slice(addressed ? 2 : 1), line);
  const suggestion = suggestVerb(typed);
  if (!addressed && suggestion === null) return none;
  return { kind: 'unknown', text: cut(line), problem: 'verb', suggestion };
}

function readCommand(verb: CommandVerb, args: string[], line: string): ParsedComment {
  if (args.length > mostArguments || !args.every(isArgument)) {
    return { kind: 'unknown', text: cut(line), problem: 'argument', suggestion: verb };
  }
  // Only a commit can hold capitals here, and git's are small.
  return { kind: 'command', verb, args: [...new Set(args.map((arg) => arg.toLowerCase()))] };
}

function firstLine(body: string): string {
  const end = body.search(/[\r\n]/);
  return end === -1 ? body : body.slice(0, end);
}

function findVerb(word: string): CommandVerb | undefined {
  // Folding case is for phones that write /Approve; outside of ASCII it would let look-alikes in (K as the Kelvin sign).
  return /^[a-z]+$/i.test(word) ? commandVerbs.find((verb) => verb === word.toLowerCase()) : undefined;
}

/** Our verb that was misspelled, or that has something stuck to it (`/approve;id`). `/plan-b` and `/usr/bin` are not ours. */
function suggestVerb(typed: string): CommandVerb | null {
  if (!/^[!-.0-~]+$/.test(typed)) return null;
  const [, word = '', next = ''] = /^([a-z]+)(.?)/i.exec(typed) ?? [];
  const spoiled = /[\w-]/.test(next) ? undefined : findVerb(word);
  return spoiled ?? findVerb(nearest(typed, commandVerbs) ?? '') ?? null;
}

function isArgument(word: string): boolean {
  return stackNamePattern.test(word) || commitPattern.test(word);
}

function cut(line: string): string {
  const text = line.trim();
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
}
