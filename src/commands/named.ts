import type { Run } from '../db/runs.ts';
import type { CommandCall } from './command.ts';

/** A run as replies link it. */
export function named(deps: { publicUrl: string }, run: Pick<Run, 'id' | 'number'>): { number: number; url: string } {
  return { number: run.number, url: `${deps.publicUrl}/runs/${run.id}` };
}

/** Not the run on whose check the button was pressed: whoever pressed it has looked at another plan. */
export function isAnother({ pressedOn }: CommandCall, run: Run): boolean {
  return pressedOn !== null && pressedOn !== run.id;
}

/** Names of the stacks that the command named; empty where all of the pull request is meant. */
export function namedStacks({ named, stacks }: CommandCall): string[] {
  return named ? stacks.map(({ name }) => name) : [];
}
