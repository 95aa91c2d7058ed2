import { after, test } from 'node:test';
import fc from 'fast-check';
import { acts, happenings, work } from './commands.ts';
import { openHouse } from './house.ts';
import { Play } from './play.ts';
import { settle } from './settle.ts';

const house = await openHouse({ after });

/** What a play begins with: nearly all that can go wrong comes after the first plan. */
async function planFirst(): Promise<Play> {
  const play = await Play.begin(house);
  for (const _ of ['claimed', 'planning', 'planned']) await work(play, 0);
  return play;
}

/** Claims the approved run, looks again at all it rests on, starts the engine. */
const untilItApplies = ['approve on the pull request', 'work 0', 'work 0', 'work 0'];

/** Each word of a play is an act, and which worker, webhook or run is meant. */
const plays: Record<string, string[]> = {
  'a worker is killed while it applies, starts again and carries on': [
    ...[...untilItApplies, 'kill 0', 'restart 0', 'an engine ends', 'work 0'],
  ],
  'a worker is killed while it applies, and another apply is asked for while the engine lives': [
    ...[...untilItApplies, 'kill 0', 'leases run out', 'push 3', 'deliver 0', 'work 1', 'work 1', 'work 1'],
    ...['approve on the page', 'work 1', 'work 1', 'work 1'],
  ],
  'a worker stands still past its lease just before it starts the engine': [
    ...[
      'approve on the pull request',
      'work 0',
      'work 0',
      'pause 0',
      'leases run out',
      'unlock',
      'continue 0',
      'work 0',
    ],
  ],
  'a push comes between the approval and the apply': [
    ...['approve on the pull request', 'work 0', 'push 1', 'work 0', 'work 0', 'deliver 0'],
  ],
  'the state is written between the approval and the apply': [
    ...['approve on the pull request', 'work 0', 'write the state', 'work 0', 'work 0'],
  ],
  'permission is taken between the approval and the apply': [
    ...['approve on the pull request', 'work 0', 'revoke or give permission 0', 'work 0', 'work 0'],
  ],
};

for (const [what, words] of Object.entries(plays)) {
  test(`the world is as Zenfra says when ${what}`, async () => {
    await playOut(async (play) => {
      for (const word of words) await perform(play, word);
    });
  });
}

async function perform(play: Play, word: string): Promise<void> {
  const [, name = '', choice = '0'] = /^(.*?)(?: (\d+))?$/.exec(word) ?? [];
  const act = name === 'work' ? work : acts[name];
  if (!act) throw new Error(`There is no act ${name}`);
  await act(play, Number(choice));
  await play.oracle.look();
}

/** A play from its first plan to where all runs have ended. */
async function playOut(go: (play: Play) => Promise<void>): Promise<Play> {
  const play = await planFirst();
  try {
    await go(play);
    await settle(play);
    await play.oracle.lookAtStates();
  } finally {
    // A heartbeat that goes on would keep this process.
    await play.end();
  }
  return play;
}

/** On a busy machine fewer plays, and not a later end: no new one begins after so long. */
const budgetMs = 20_000;
const fewest = 2;

test('whatever people, webhooks, workers and machines do, the world is as Zenfra says', async (t) => {
  const seen = { plays: 0, runs: 0, applies: 0 };
  const end = performance.now() + budgetMs;
  const property = fc.asyncProperty(fc.commands(happenings, { maxCommands: 45, size: 'max' }), async (commands) => {
    if (seen.plays >= fewest && performance.now() > end) return;
    seen.plays += 1;
    const play = await playOut((real) => fc.asyncModelRun(() => ({ model: {}, real }), commands));
    seen.applies += play.ledger.applied.length;
    seen.runs += (await play.oracle.runs()).length;
  });
  // A failure names its seed and path: given here beside `numRuns`, they play it again.
  await fc.assert(property, { numRuns: 20 });
  t.diagnostic(`${seen.plays} plays, ${seen.runs} runs, ${seen.applies} applies`);
});
