import { botComments } from '../../src/sandbox/story/see.ts';
import { reader, writer } from '../../src/sandbox/story/story-stage.ts';
import { entryModule } from './entries.ts';
import type { Work } from './people.ts';
import { admin, stacks } from './soak-world.ts';

/** What a person does. */
export interface Act {
  weight: number;
  /** False where there is nothing to do it to. */
  does(work: Work): Promise<boolean>;
}

export const acts: Act[] = [
  { weight: 5, does: pushToMain },
  { weight: 5, does: openPull },
  { weight: 2, does: pushToPull },
  { weight: 1, does: forcePush },
  { weight: 12, does: approvePull },
  { weight: 12, does: approveRun },
  { weight: 1, does: pressAnother },
  { weight: 2, does: closePull },
  { weight: 3, does: mergePull },
  { weight: 1, does: reopenPull },
  { weight: 1, does: planAgain },
  { weight: 1, does: approveWithoutRight },
  { weight: 5, does: unlock },
];

/** More than these at once would only wait for a worker. */
const mostUnderWay = 6;

async function isBusy({ world }: Work): Promise<boolean> {
  const { under } = await world.db
    .selectFrom('runs')
    .select((eb) => eb.fn.countAll<number>().as('under'))
    .where('status', 'in', ['queued', 'preparing', 'initializing', 'planning', 'applying'])
    .executeTakeFirstOrThrow();
  return Number(under) >= mostUnderWay;
}

function newModule(work: Work, stack: string): Record<string, string> {
  work.given.revisions += 1;
  const seconds = work.chance.between(0.1, 1.5).toFixed(1);
  const entry = { stack, revision: `r${work.given.revisions}`, seconds };
  return { [`${stack}/main.tf`]: entryModule(work.world.ledger, entry) };
}

async function commit(work: Work, about: { branch: string; stack: string; from?: string }): Promise<boolean> {
  const { sandbox, repository } = work.world.story;
  const { branch, stack, from } = about;
  const files = newModule(work, stack);
  const rewrite = from === undefined ? {} : { from, force: true };
  await sandbox.commit(repository, { branch, files, message: `Change ${stack}`, author: writer, ...rewrite });
  return true;
}

async function pushToMain(work: Work): Promise<boolean> {
  const stack = work.chance.pick(stacks);
  return stack !== undefined && !(await isBusy(work)) && commit(work, { branch: 'main', stack });
}

async function openPull(work: Work): Promise<boolean> {
  const { sandbox, repository } = work.world.story;
  const stack = work.chance.pick(stacks);
  if (!stack || listOpen(work).length >= 5 || (await isBusy(work))) return false;
  const branch = `change-${work.given.revisions + 1}`;
  await commit(work, { branch, stack });
  const pull = { title: `Change ${stack}`, head: branch, base: 'main', author: writer };
  work.pulls.push({ number: await sandbox.openPullRequest(repository, pull), branch, stack });
  return true;
}

async function pushToPull(work: Work): Promise<boolean> {
  const pull = work.chance.pick(listOpen(work));
  return pull !== undefined && !(await isBusy(work)) && commit(work, pull);
}

async function forcePush(work: Work): Promise<boolean> {
  const pull = work.chance.pick(listOpen(work));
  return pull !== undefined && !(await isBusy(work)) && commit(work, { ...pull, from: 'main' });
}

async function approvePull(work: Work): Promise<boolean> {
  const { story } = work.world;
  const ready = listOpen(work).filter(({ number }) =>
    botComments(story, number).some(({ body }) => body.includes('🟡 Ready to apply')),
  );
  const pull = work.chance.pick(ready);
  if (!pull) return false;
  work.approvals.pulls.add(pull.number);
  return say(work, pull.number, '/approve');
}

async function approveRun(work: Work): Promise<boolean> {
  const waiting = await work.world.db.selectFrom('runs').selectAll().where('status', '=', 'unconfirmed').execute();
  const run = work.chance.pick(waiting);
  if (!run || !press(work, run, 'approve')) return false;
  work.approvals.runs.add(run.id);
  return true;
}

async function pressAnother(work: Work): Promise<boolean> {
  const runs = await work.world.db
    .selectFrom('runs')
    .selectAll()
    .where('type', '=', 'tracked')
    .where('status', 'in', ['unconfirmed', 'planning', 'applying'])
    .execute();
  const run = work.chance.pick(runs);
  return run !== undefined && press(work, run, run.status === 'unconfirmed' ? 'discard' : 'cancel');
}

async function closePull(work: Work): Promise<boolean> {
  const { sandbox, repository } = work.world.story;
  const pull = work.chance.pick(listOpen(work));
  if (!pull) return false;
  await sandbox.closePullRequest(repository, pull.number, writer);
  return true;
}

async function mergePull(work: Work): Promise<boolean> {
  const { sandbox, repository } = work.world.story;
  const pull = work.chance.pick(listOpen(work));
  if (!pull) return false;
  const sha = await sandbox.mergePullRequest(repository, pull.number, writer);
  work.approvals.merged.set(sha, pull.number);
  return true;
}

async function reopenPull(work: Work): Promise<boolean> {
  const { sandbox, repository } = work.world.story;
  const closed = work.pulls.filter(({ number }) => stateOf(work, number) === 'closed');
  const pull = work.chance.pick(closed);
  if (!pull || (await isBusy(work))) return false;
  await sandbox.reopenPullRequest(repository, pull.number, writer);
  return true;
}

async function planAgain(work: Work): Promise<boolean> {
  const pull = work.chance.pick(listOpen(work));
  return pull !== undefined && !(await isBusy(work)) && say(work, pull.number, '/plan');
}

async function approveWithoutRight(work: Work): Promise<boolean> {
  const pull = work.chance.pick(listOpen(work));
  return pull !== undefined && say(work, pull.number, '/approve', reader);
}

/** Somebody has looked at what exists, and says so on whatever pull request. */
async function unlock(work: Work): Promise<boolean> {
  const held = await work.world.db
    .selectFrom('stack_holds')
    .innerJoin('stacks', 'stacks.id', 'stack_holds.stack_id')
    .select('stacks.name')
    .where('reason', '=', 'outcome_unknown')
    .where('released_at', 'is', null)
    .execute();
  const stack = work.chance.pick(held);
  const pull = work.chance.pick(listOpen(work));
  return stack !== undefined && pull !== undefined && say(work, pull.number, `/unlock ${stack.name}`, admin);
}

function say({ world }: Work, number: number, body: string, login = writer): boolean {
  world.story.sandbox.comment(world.story.repository, number, { login, body });
  return true;
}

/** Presses a button of the run's check; false where that has no such button yet. */
function press({ world }: Work, run: { id: string; commit_sha: string }, identifier: string): boolean {
  const { sandbox, repository } = world.story;
  const check = sandbox.checks(repository, run.commit_sha).findLast(({ external_id }) => external_id === run.id);
  if (!check?.actions.some((action) => action.identifier === identifier)) return false;
  sandbox.pressCheckButton(repository, check.id, { identifier, login: writer });
  return true;
}

function listOpen(work: Work): Work['pulls'] {
  return work.pulls.filter(({ number }) => stateOf(work, number) === 'open');
}

function stateOf({ world }: Work, number: number): 'open' | 'closed' | 'merged' {
  return world.story.sandbox.conversation(world.story.repository, number).state;
}
