import type { Run } from '../../db/runs.ts';
import { networkFiles } from '../sample/network.ts';
import { headOf, propose, pullLink, push, runLink, say } from './act.ts';
import { press } from './press.ts';
import { seeCheck, seeComment, seeReactions, seeReply, seeRun } from './see.ts';
import { type StoryStage, type StoryStep, writer } from './story-stage.ts';
import { expect } from './until.ts';

const subnets = { public: 10, private: 20, cache: 50 };

export const stale: StoryStep = {
  name: 'The state moves on: the older plan is refused, and made anew',
  async play(story) {
    const files = networkFiles({ subnets, mtu: 8900 });
    const pull = await propose(story, { branch: 'mtu', title: 'Leave room for the headers of the VPN', files });
    const sha = headOf(story, pull);
    const old = await seeRun(story, { commit: sha, type: 'plan_only', status: 'finished' });
    await seeComment(story, pull, '### Zenfra · 1 stack · 1 to change', `[#${old.number}]`);
    const mover = await moveState(story);

    const comment = say(story, pull, { body: '/approve' });
    const why = `the state changed since (serial`;
    const by = `[run #${mover.number}](${runLink(story, mover)}) on \`main\``;
    await seeReply(story, pull, { to: comment, says: ['is out of date because', why, by, 'A new plan is running'] });
    await seeReactions(story, pull, { on: comment, are: 'eyes confused' });

    const wanted = { commit: sha, type: 'plan_only', status: 'finished', after: mover.number } as const;
    const again = await seeRun(story, wanted);
    await seeComment(story, pull, '🟡 Ready to apply', `[#${again.number}]`);
    await seeCheck(story, sha, { name: 'zenfra/network', is: 'success', title: '+0 ~1 -1' });
    await story.sandbox.closePullRequest(story.repository, pull, writer);
    return { link: pullLink(story, pull) };
  },
};

/** Another push, approved on the run's page this time. */
async function moveState(story: StoryStage): Promise<Run> {
  const files = networkFiles({ subnets: { ...subnets, edge: 60 }, mtu: 9000 });
  const sha = await push(story, { branch: 'main', files, message: 'Add a subnet at the edge' });
  const run = await seeRun(story, { commit: sha, type: 'tracked', stack: 'network', status: 'unconfirmed' });
  const page = `/runs/${run.id}`;
  const answer = await press(story, page, { action: `${page}/approve` });
  expect(answer.status === 303, 'the page to take the approval (303)', `${answer.status}`);
  return seeRun(story, { commit: sha, type: 'tracked', stack: 'network', status: 'finished' });
}
