import { approved } from './approved.ts';
import { broken } from './broken.ts';
import { commands } from './commands.ts';
import { mainBranch } from './main-branch.ts';
import { merged } from './merged.ts';
import { opened } from './opened.ts';
import { ownState } from './own-state.ts';
import { pushedAgain } from './pushed-again.ts';
import { refused } from './refused.ts';
import { stale } from './stale.ts';
import type { StoryStep } from './story-stage.ts';
import { untouched } from './untouched.ts';

/** What happens to a change of infrastructure, from its pull request to all that can go wrong. Later steps rest on earlier ones. */
export const story: StoryStep[] = [
  opened,
  pushedAgain,
  refused,
  approved,
  merged,
  mainBranch,
  stale,
  broken,
  untouched,
  commands,
  ownState,
];
