import { headOf, propose, pullLink } from './act.ts';
import { buildGate } from './gate.ts';
import { seeCheck, seeComment, seeRun } from './see.ts';
import type { StoryStage, StoryStep } from './story-stage.ts';
import { expect } from './until.ts';

export const ownState: StoryStep = {
  name: 'A backend or a state of the repository’s own: refused before anything runs',
  async play(story) {
    const trap = await buildGate();
    try {
      const pull = await propose(story, {
        branch: 'own-backend',
        title: 'Keep the state ourselves',
        files: { 'app/backend.tf': backendAt(trap.address) },
      });
      const headline = 'app/backend.tf line 2: the backend block must be removed';
      await seeRefusal(story, pull, { mark: 'app/backend.tf:2', headline });
      await proposeState(story);
      expect(trap.knocks() === 0, 'nobody to call the backend’s address', `${trap.knocks()} calls`);
      return { link: pullLink(story, pull) };
    } finally {
      await trap.close();
    }
  },
};

async function proposeState(story: StoryStage): Promise<void> {
  const state = { version: 4, terraform_version: '1.11.4', serial: 7, lineage: 'laptop', outputs: {}, resources: [] };
  const files = { 'app/terraform.tfstate': `${JSON.stringify(state, null, 2)}\n` };
  const pull = await propose(story, { branch: 'committed-state', title: 'Save the state of my laptop', files });
  const headline = 'The repository holds a state file: app/terraform.tfstate';
  await seeRefusal(story, pull, { mark: 'app/terraform.tfstate:1', headline });
}

/** The run failed before init, says why and where, and its credential for the state was never used. */
async function seeRefusal(story: StoryStage, pull: number, want: { mark: string; headline: string }): Promise<void> {
  const sha = headOf(story, pull);
  const run = await seeRun(story, { commit: sha, type: 'plan_only', stack: 'app', status: 'failed' });
  const { phase, headline } = run.failure ?? { phase: 'no phase', headline: 'no failure' };
  expect(
    phase === 'preparing' && headline === want.headline,
    `"${want.headline}" in preparing`,
    `${headline}, ${phase}`,
  );
  const title = new RegExp(`^Preparation failed: ${want.headline.replaceAll('.', '\\.')}`);
  const check = await seeCheck(story, sha, { name: 'zenfra/app', is: 'failure', title });
  const marks = check.output.annotations.map((mark) => `${mark.path}:${mark.start_line}`).join(', ');
  expect(marks === want.mark, `a mark at ${want.mark}`, marks);
  await seeComment(story, pull, '### Zenfra · preparation failed in 1 stack', want.mark, 'State tab');
  const used = await story.db
    .selectFrom('state_credentials')
    .select('served_at')
    .where('run_id', '=', run.id)
    .where('served_at', 'is not', null)
    .execute();
  expect(used.length === 0, 'the credential for the state to stay unused', 'a use of it');
}

function backendAt(address: string): string {
  return `terraform {
  backend "http" {
    address = "${address}"
  }
}
`;
}
