import { type Kysely, sql } from 'kysely';
import type { Run } from '../db/runs.ts';
import type { Database } from '../db/schema.ts';
import type { RunStatus } from '../run/status.ts';
import { isFinal } from '../run/transition.ts';

/**
 * GitHub takes five hundred writes an hour, and results come first: from this many stacks on, each has one write for its
 * own check, made when its plan is there, and how far all are is told seldom.
 */
export const manyStacks = 10;

/**
 * How far plans are is told at most this often; what they end with is told at once. Three hundred plans that take an hour
 * are three hundred checks then, and forty times the news of them in the check of all and in the comment.
 */
export function newsEveryMs(stacks: number): number {
  return stacks < manyStacks ? 2_000 : stacks * 300;
}

/** Whether it waits for a person, or has ended. */
export function isResting({ status }: { status: RunStatus }): boolean {
  return status === 'unconfirmed' || isFinal(status);
}

/** Whether so much of a push to the tracked branch is under way that only what it ends with is told. */
export async function isOneOfMany(db: Kysely<Database>, run: Run): Promise<boolean> {
  const { count } = await db
    .selectFrom('runs')
    .select(sql<number>`count(*)::int`.as('count'))
    .where('repository_id', '=', run.repository_id)
    .where('commit_sha', '=', run.commit_sha)
    .where('type', '<>', 'plan_only')
    .where('adopted_plan_id', 'is', null)
    .where('status', 'in', ['queued', 'preparing', 'initializing', 'planning', 'approved', 'applying'])
    .executeTakeFirstOrThrow();
  return count >= manyStacks;
}
