import { networkFiles } from '../sample/network.ts';
import { headOf, propose, pullLink } from './act.ts';
import { botComments, countRuns, seeCheck, seeComment, seeRun } from './see.ts';
import type { StoryStep } from './story-stage.ts';
import { expect } from './until.ts';

export const subnetsBranch = 'subnets';

export const opened: StoryStep = {
  name: 'A pull request opens: the stack that it touches is planned',
  async play(story) {
    const files = networkFiles({ subnets: { public: 10, private: 20, backup: 30 } });
    const pull = await propose(story, { branch: subnetsBranch, title: 'Add a subnet for backups', files });
    const sha = headOf(story, pull);
    await seeRun(story, { commit: sha, type: 'plan_only', stack: 'network', status: 'finished' });
    await seeComment(story, pull, '### Zenfra · 1 stack · 5 to add', '🟡 Ready to apply', '/approve');
    await seeCheck(story, sha, { name: 'zenfra', is: 'success', title: '1 stack: +5 ~0 -0', buttons: [] });
    const buttons = ['Apply plan', 'Plan again'];
    await seeCheck(story, sha, { name: 'zenfra/network', is: 'success', title: '+5 ~0 -0', buttons });
    const runs = await countRuns(story);
    expect(runs === 1, 'one run, as one of the two stacks is touched', `${runs} runs`);
    const comments = botComments(story, pull).length;
    expect(comments === 1, 'one comment', `${comments} comments`);
    return { link: pullLink(story, pull) };
  },
};
