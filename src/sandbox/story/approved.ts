import { headOf, pullOf, runLink, say } from './act.ts';
import { subnetsBranch } from './opened.ts';
import { readLog, seeCheck, seeComment, seeReactions, seeRun } from './see.ts';
import { type StoryStep, writer } from './story-stage.ts';
import { expect } from './until.ts';

export const approved: StoryStep = {
  name: 'Somebody who may approves: exactly that plan is applied',
  async play(story) {
    const pull = pullOf(story, subnetsBranch);
    const sha = headOf(story, pull);
    const plan = await seeRun(story, { commit: sha, type: 'plan_only', status: 'finished' });
    const comment = say(story, pull, { body: '/approve' });
    const run = await seeRun(story, { commit: sha, type: 'tracked', stack: 'network', status: 'finished' });
    const log = await readLog(story, run.id, 'planning');
    const adopted = `Adopted the plan of run #${plan.number}; nothing is planned again`;
    expect(log.includes(adopted), JSON.stringify(adopted), JSON.stringify(log));
    await seeComment(story, pull, '### ✅ Applied `network` · 5 added', `Approved by @${writer}`, '(sensitive)');
    await seeReactions(story, pull, { on: comment, are: 'eyes rocket +1' });
    await seeComment(story, pull, '### Zenfra · 1 stack · applied', '🟢 Applied');
    await seeCheck(story, sha, {
      name: 'zenfra/network',
      is: 'success',
      title: /^Applied: \+5 ~0 -0 in \d+s$/,
      buttons: [],
    });
    const states = await story.db.selectFrom('state_versions').select('serial').where('run_id', '=', run.id).execute();
    expect(states.length > 0, 'the state to be stored', 'no version of it');
    return { link: runLink(story, run) };
  },
};
