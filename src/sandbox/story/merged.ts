import { pullOf, runLink } from './act.ts';
import { subnetsBranch } from './opened.ts';
import { seeCheck, seeRun } from './see.ts';
import { type StoryStep, writer } from './story-stage.ts';
import { until } from './until.ts';

export const merged: StoryStep = {
  name: 'The pull request is merged: nothing is left to do, and its stack is free',
  async play(story) {
    const pull = pullOf(story, subnetsBranch);
    const sha = await story.sandbox.mergePullRequest(story.repository, pull, writer);
    const run = await seeRun(story, { commit: sha, type: 'tracked', stack: 'network', status: 'finished' });
    await seeCheck(story, sha, { name: 'zenfra/network', is: 'success', title: 'No changes', buttons: ['Plan again'] });
    const holds = () => story.db.selectFrom('stack_holds').select('note').where('released_at', 'is', null).execute();
    await until(story.signal, {
      expected: 'no stack to be held',
      look: async () => (await holds()).length === 0 || undefined,
      seen: async () => (await holds()).map(({ note }) => note).join(' '),
    });
    return { link: runLink(story, run) };
  },
};
