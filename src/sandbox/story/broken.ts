import { appFiles } from '../sample/app.ts';
import { headOf, propose, pullLink, push } from './act.ts';
import { seeCheck, seeComment, seeRun } from './see.ts';
import type { StoryStep } from './story-stage.ts';
import { expect } from './until.ts';

export const cacheBranch = 'cache';

const cache = (argument: string) => `
resource "terraform_data" "cache" {
  ${argument} = {
    engine = "valkey"
    size   = "small"
  }
}
`;

/** As it is in the end. */
export const mendedCache = cache('input');

export const broken: StoryStep = {
  name: 'A mistake in the configuration: shown where it is, and mended by a push',
  async play(story) {
    const files = appFiles({ more: cache('inputs') });
    const pull = await propose(story, { branch: cacheBranch, title: 'Give the shop a cache', files });
    const sha = headOf(story, pull);
    const run = await seeRun(story, { commit: sha, type: 'plan_only', stack: 'app', status: 'failed' });
    expect(run.failure?.phase === 'planning', 'the run to fail in Planning', `${run.failure?.phase}`);
    const title = 'Plan failed: Unsupported argument (main.tf:14)';
    const check = await seeCheck(story, sha, { name: 'zenfra/app', is: 'failure', title, buttons: ['Plan again'] });
    const marks = check.output.annotations.map((mark) => `${mark.path}:${mark.start_line} ${mark.title}`).join(', ');
    expect(marks === 'app/main.tf:14 Unsupported argument', 'a mark at app/main.tf:14', marks);
    await seeComment(story, pull, '### Zenfra · plan failed in 1 stack', 'app/main.tf:14', 'Unsupported argument');
    await seeCheck(story, sha, { name: 'zenfra', is: 'failure', title: '1 stack: 1 failed' });

    const message = 'The argument is called input';
    const mended = await push(story, { branch: cacheBranch, files: appFiles({ more: mendedCache }), message });
    await seeCheck(story, mended, { name: 'zenfra/app', is: 'success', title: '+4 ~0 -0' });
    await seeComment(story, pull, '### Zenfra · 1 stack · 4 to add', '🟡 Ready to apply');
    return { link: pullLink(story, pull) };
  },
};
