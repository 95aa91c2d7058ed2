import { headOf, pullLink, pullOf, push, say } from './act.ts';
import { cacheBranch } from './broken.ts';
import { buildGate } from './gate.ts';
import { seeCheck, seeComment, seeKnock, seeLog, seeReactions, seeReply, seeRun } from './see.ts';
import { type StoryStage, type StoryStep, writer } from './story-stage.ts';

export const commands: StoryStep = {
  name: 'The other commands: /help, /plan, /discard, /cancel, /unlock, and a misspelled one',
  async play(story) {
    const pull = pullOf(story, cacheBranch);
    await askForHelp(story, pull);
    await planAndDiscard(story, pull);
    await cancel(story, pull);
    await applyAndUnlock(story, pull);
    const sha = await story.sandbox.mergePullRequest(story.repository, pull, writer);
    await seeCheck(story, sha, { name: 'zenfra/app', is: 'success', title: 'No changes' });
    return { link: pullLink(story, pull) };
  },
};

async function askForHelp(story: StoryStage, pull: number): Promise<void> {
  const help = say(story, pull, { body: '/help' });
  await seeReply(story, pull, { to: help, says: ['`/approve [stack…] [commit]`', '`/unlock [stack…]`'] });
  await seeReactions(story, pull, { on: help, are: 'eyes +1' });
  const misspelled = say(story, pull, { body: '/aprove' });
  await seeReply(story, pull, { to: misspelled, says: ['I do not know `/aprove`. Did you mean `/approve`?'] });
  await seeReactions(story, pull, { on: misspelled, are: 'eyes confused' });
}

/** A plan that was discarded cannot be applied; a new one can. */
async function planAndDiscard(story: StoryStage, pull: number): Promise<void> {
  const sha = headOf(story, pull);
  const discard = say(story, pull, { body: '/discard' });
  await seeReply(story, pull, { to: discard, says: ['Discarded the plan of `app`.'] });
  await seeReactions(story, pull, { on: discard, are: 'eyes +1' });
  const title = `Discarded by @${writer}`;
  await seeCheck(story, sha, { name: 'zenfra/app', is: 'neutral', title, buttons: ['Plan again'] });
  const approve = say(story, pull, { body: '/approve' });
  await seeReply(story, pull, { to: approve, says: ['Not applied: the plan of `app` was discarded by @kim.'] });
  await seeReactions(story, pull, { on: approve, are: 'eyes confused' });
  const old = await seeRun(story, { commit: sha, type: 'plan_only', status: 'finished' });
  const plan = say(story, pull, { body: '/plan app' });
  await seeRun(story, { commit: sha, type: 'plan_only', status: 'finished', after: old.number });
  await seeReactions(story, pull, { on: plan, are: 'eyes rocket +1' });
}

async function cancel(story: StoryStage, pull: number): Promise<void> {
  const gate = await buildGate();
  try {
    const files = { 'app/company.tf': gate.configuration };
    const sha = await push(story, { branch: cacheBranch, files, message: 'Read the address plan of the company' });
    const run = await seeRun(story, { commit: sha, type: 'plan_only', status: 'planning' });
    await seeKnock(story, gate);
    const comment = say(story, pull, { body: '/cancel' });
    await seeReply(story, pull, { to: comment, says: [`Canceling [run #${run.number}]`] });
    await seeLog(story, run, { phase: 'planning', text: 'Interrupt received' });
    gate.open();
    await seeRun(story, { commit: sha, type: 'plan_only', status: 'canceled' });
    await seeReactions(story, pull, { on: comment, are: 'eyes +1' });
    const title = `Canceled by @${writer}`;
    await seeCheck(story, sha, { name: 'zenfra/app', is: 'cancelled', title, buttons: ['Plan again'] });
  } finally {
    await gate.close();
  }
}

/** After an apply the stack is its pull request's; `/unlock` gives it to others again. */
async function applyAndUnlock(story: StoryStage, pull: number): Promise<void> {
  const files = { 'app/company.tf': null };
  const sha = await push(story, { branch: cacheBranch, files, message: 'Do without the address plan' });
  await seeRun(story, { commit: sha, type: 'plan_only', status: 'finished' });
  await seeComment(story, pull, `sha=${sha.slice(0, 7)}`, '🟡 Ready to apply');
  const approve = say(story, pull, { body: '/approve app' });
  await seeReactions(story, pull, { on: approve, are: 'eyes rocket +1' });
  await seeComment(story, pull, '### ✅ Applied `app` · 4 added');
  const unlock = say(story, pull, { body: '/unlock' });
  await seeReply(story, pull, { to: unlock, says: ['Unlocked `app`.'] });
  await seeReactions(story, pull, { on: unlock, are: 'eyes +1' });
}
