import { networkFiles } from '../sample/network.ts';
import { headOf, pullLink, pullOf, push } from './act.ts';
import { buildGate } from './gate.ts';
import { subnetsBranch } from './opened.ts';
import { botComments, seeCheck, seeComment, seeKnock, seeLog, seeRun } from './see.ts';
import type { StoryStep } from './story-stage.ts';
import { expect } from './until.ts';

/** The second commit's plan waits at a gate, so that the third comes while it runs. */
export const pushedAgain: StoryStep = {
  name: 'More commits are pushed: the older plan ends, the comment is edited',
  async play(story) {
    const pull = pullOf(story, subnetsBranch);
    const [before] = botComments(story, pull);
    const gate = await buildGate();
    try {
      const files = { 'network/company.tf': gate.configuration };
      const slow = await push(story, { branch: subnetsBranch, files, message: 'Read the address plan of the company' });
      await seeCheck(story, slow, { name: 'zenfra/network', is: 'in_progress', title: 'Planning…' });
      await seeComment(story, pull, '### Zenfra · plan is out of date', slow.slice(0, 7), '<s>Plan of');
      const run = await seeRun(story, { commit: slow, type: 'plan_only', status: 'planning' });
      await seeKnock(story, gate);
      const better = {
        ...networkFiles({ subnets: { public: 10, private: 20, backup: 40 } }),
        'network/company.tf': null,
      };
      const sha = await push(story, {
        branch: subnetsBranch,
        files: better,
        message: 'Leave room between the subnets',
      });
      await seeLog(story, run, { phase: 'planning', text: 'Interrupt received' });
      expect(!gate.gotCredential(), 'no credential in what a plan asks of others', 'one');
      gate.open();
      const superseded = `Superseded by ${sha.slice(0, 7)}`;
      const ended = await seeRun(story, { commit: slow, type: 'plan_only', status: 'discarded' });
      expect(ended.ended_because === superseded, superseded, `${ended.ended_because}`);
      await seeCheck(story, slow, { name: 'zenfra/network', is: 'neutral', title: superseded });
      await seeCheck(story, slow, { name: 'zenfra', is: 'neutral', title: superseded });
    } finally {
      await gate.close();
    }
    const sha = headOf(story, pull);
    await seeCheck(story, sha, { name: 'zenfra/network', is: 'success', title: '+5 ~0 -0' });
    await seeComment(story, pull, '### Zenfra · 1 stack · 5 to add', `sha=${sha.slice(0, 7)}`, '10.20.40.0/24');
    const comments = botComments(story, pull);
    expect(comments.length === 1 && comments[0]?.id === before?.id, 'the same comment, edited', `${comments.length}`);
    return { link: pullLink(story, pull) };
  },
};
