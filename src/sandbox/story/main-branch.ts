import { networkFiles } from '../sample/network.ts';
import { commitLink, push } from './act.ts';
import { seeCheck, seeRun } from './see.ts';
import { type StoryStep, writer } from './story-stage.ts';
import { expect } from './until.ts';

export const mainBranch: StoryStep = {
  name: 'A push to main waits for approval, by a button of its check',
  async play(story) {
    const files = networkFiles({ subnets: { public: 10, private: 20, cache: 50 }, mtu: 9000 });
    const sha = await push(story, { branch: 'main', files, message: 'Use jumbo frames, replace backup by cache' });
    const run = await seeRun(story, { commit: sha, type: 'tracked', stack: 'network', status: 'unconfirmed' });
    const check = await seeCheck(story, sha, {
      name: 'zenfra/network',
      is: 'action_required',
      title: 'Needs approval: +1 ~1 -1',
      buttons: ['Approve', 'Discard'],
    });
    story.sandbox.pressCheckButton(story.repository, check.id, { identifier: 'approve', login: writer });
    await seeRun(story, { commit: sha, type: 'tracked', stack: 'network', status: 'finished' });
    const title = /^Applied: \+1 ~1 -1 in \d+s$/;
    await seeCheck(story, sha, { name: 'zenfra/network', is: 'success', title, buttons: [] });
    const { approved_by } = await seeRun(story, { commit: sha, type: 'tracked', status: 'finished' });
    expect(approved_by === writer, `run #${run.number} to be approved by ${writer}`, `${approved_by}`);
    return { link: commitLink(story, sha) };
  },
};
