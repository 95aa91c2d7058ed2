import { appFiles } from '../sample/app.ts';
import { networkFiles } from '../sample/network.ts';
import { propose, pullLink } from './act.ts';
import { mendedCache } from './broken.ts';
import { seeComment } from './see.ts';
import type { StoryStage } from './story-stage.ts';

/** Leaves something to do: a pull request that touches both stacks, whose plans are ready. Returns its address. */
export async function openLastPull(story: StoryStage): Promise<string> {
  const pull = await propose(story, {
    branch: 'grow',
    title: 'Release 1.5.0 on a third machine, in a subnet of its own',
    files: {
      ...appFiles({ replicas: 3, image: 'registry.example.com/shop:1.5.0', more: mendedCache }),
      ...networkFiles({ subnets: { public: 10, private: 20, shop: 70, edge: 60 }, mtu: 8900 }),
    },
  });
  await seeComment(story, pull, '### Zenfra · 2 stacks', '🟡 Ready to apply', '**To apply all ready plans**');
  return pullLink(story, pull);
}
