import assert from 'node:assert/strict';
import { listHolds } from '../../src/db/stack-holds.ts';
import { isFinal } from '../../src/run/transition.ts';
import { acts, work } from './commands.ts';
import type { Play } from './play.ts';

/**
 * Nothing bad happens any more: processes go on or start again, webhooks come, engines end, a person looks at what is
 * held. Every run must end then.
 */
export async function settle(play: Play): Promise<void> {
  for (let round = 0; round < 40; round += 1) {
    if (play.pending.length === 0 && (await play.oracle.runs()).every(({ status }) => isFinal(status))) return;
    for (const name of ['continue', 'restart'] as const) for (const worker of [0, 1]) await acts[name]?.(play, worker);
    for (const name of ['deliver', 'leases run out', 'an engine ends']) await acts[name]?.(play, 0);
    if ((await listHolds(play.house.database.db, [play.stackId])).length > 0) await acts.unlock?.(play, 0);
    for (const choice of [0, 1, 2, 3, 4, 5, 6, 7]) await work(play, choice);
    if (round > 6) await acts['deadlines pass']?.(play, 0);
    await play.oracle.look();
  }
  const left = (await play.oracle.runs()).filter(({ status }) => !isFinal(status));
  assert.deepEqual(
    left.map(({ number, type, status }) => `#${number} ${type} ${status}`),
    [],
    'these never end',
  );
}
