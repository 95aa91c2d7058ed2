import { quote } from './quote.ts';

const longestCommand = 4096;
/** They end a C string, make a command look other than it runs, or are half a character, which nothing can hold. */
const deceiving = /[\0\u202a-\u202e\u2066-\u2069\p{Cs}]/u;

/** Why a hook's command cannot be used, as the end of a sentence; null if it can. It may have several lines. */
export function checkCommand(command: string): string | null {
  if (command.trim() === '') return `${quote(command)} is empty. Write a command such as "./check.sh", or remove it.`;
  if (command.length > longestCommand)
    return `has ${command.length} characters; at most ${longestCommand} are allowed. Put it into a script.`;
  return deceiving.test(command)
    ? `${quote(command)} holds a character that hides or turns text. Type the command again.`
    : null;
}
