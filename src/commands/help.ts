import { helpReply } from '../reports/words/replies.ts';
import type { Command } from './command.ts';

/** Made with the list of all commands, of which it is one. */
export function makeHelp(commands: () => Command[]): Command {
  return {
    verb: 'help',
    usage: '/help',
    does: 'shows this table',
    permission: 'none',
    takesCommit: false,
    ends: false,
    run: async () => ({ outcome: 'done', reply: helpReply(commands()) }),
  };
}
