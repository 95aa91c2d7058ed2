import { sampleFiles } from '../sample/index.ts';
import { headOf, propose, pullLink } from './act.ts';
import { botComments, countRuns, seeCheck } from './see.ts';
import type { StoryStep } from './story-stage.ts';
import { expect } from './until.ts';

export const untouched: StoryStep = {
  name: 'A pull request that touches no stack: the check says so, nothing is posted',
  async play(story) {
    const runs = await countRuns(story);
    const files = { 'README.md': `${sampleFiles['README.md']}\nAsk in #infra before you change the network.\n` };
    const pull = await propose(story, { branch: 'readme', title: 'Say where to ask', files });
    const sha = headOf(story, pull);
    const check = await seeCheck(story, sha, {
      name: 'zenfra',
      is: 'success',
      title: 'No stacks affected',
      buttons: [],
    });
    const summary = check.output.summary ?? '';
    const rules = ['`network: network/**`', '`app: app/**, modules/**`'];
    expect(
      rules.every((rule) => summary.includes(rule)),
      `the rules ${rules.join(' and ')}`,
      summary,
    );
    const made = (await countRuns(story)) - runs;
    expect(made === 0, 'no run', `${made}`);
    const comments = botComments(story, pull).length;
    expect(comments === 0, 'no comment', `${comments}`);
    return { link: pullLink(story, pull) };
  },
};
