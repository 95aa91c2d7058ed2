import { helpReply } from '../reports/words.ts';
import type { Command } from './command.ts';
import { commands } from './index.ts';

export const help: Command = {
  verb: 'help',
  usage: '/help',
  does: 'shows this table',
  permission: 'none',
  run: async () => ({ outcome: 'done', reply: helpReply(Object.values(commands)) }),
};
