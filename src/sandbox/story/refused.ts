import { pullLink, pullOf, say } from './act.ts';
import { subnetsBranch } from './opened.ts';
import { seeReactions, seeReply } from './see.ts';
import { reader, type StoryStep } from './story-stage.ts';
import { expect } from './until.ts';

export const refused: StoryStep = {
  name: 'Somebody without the permission approves: refused',
  async play(story) {
    const pull = pullOf(story, subnetsBranch);
    const comment = say(story, pull, { login: reader, body: '/approve' });
    await seeReply(story, pull, { to: comment, says: ['needs the `write` permission', `@${reader} has \`read\``] });
    await seeReactions(story, pull, { on: comment, are: 'eyes confused' });
    const applies = await story.db.selectFrom('applies').select('run_id').execute();
    expect(applies.length === 0, 'nothing to be applied', `${applies.length} applies`);
    return { link: pullLink(story, pull) };
  },
};
