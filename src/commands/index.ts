import { approve } from './approve.ts';
import { cancel } from './cancel.ts';
import type { Command } from './command.ts';
import { discard } from './discard.ts';
import { makeHelp } from './help.ts';
import type { CommandVerb } from './parse.ts';
import { plan } from './plan.ts';
import { unlock } from './unlock.ts';

/** All commands; the record makes the compiler ask for one that `parse.ts` knows and this lacks. */
export const commands: Record<CommandVerb, Command> = {
  approve,
  plan,
  discard,
  cancel,
  unlock,
  help: makeHelp(() => Object.values(commands)),
};
