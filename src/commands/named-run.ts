import type { Run } from '../db/runs.ts';

/** A run as replies link it. */
export function named(deps: { publicUrl: string }, run: Pick<Run, 'id' | 'number'>): { number: number; url: string } {
  return { number: run.number, url: `${deps.publicUrl}/runs/${run.id}` };
}
