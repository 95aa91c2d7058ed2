import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { headOf, propose, say } from '../../src/sandbox/story/act.ts';
import { countRuns, seeCheck, seeComment, seeReply, seeRun } from '../../src/sandbox/story/see.ts';
import { openScene, settle, stacksOf, thing } from '../support/scene.ts';

const scene = await openScene({ after }, { files: stacksOf('app') });

test('a stack that a pull request adds is planned and applied from there', async () => {
  const files = stacksOf('app', 'cache');
  const pull = await propose(scene, { branch: 'cache', title: 'Add a cache', files });
  const sha = headOf(scene, pull);
  await seeCheck(scene, sha, { name: 'zenfra/cache', is: 'success', title: '+1 ~0 -0' });
  await seeComment(scene, pull, '**cache**', '🟡 Ready to apply');
  say(scene, pull, { body: '/approve cache' });
  await seeRun(scene, { commit: sha, type: 'tracked', stack: 'cache', status: 'finished' });
  await seeComment(scene, pull, '### ✅ Applied `cache` · 1 added');
});

test('a zenfra.yml that cannot be used is marked where the mistake is, and nothing is planned', async () => {
  const runs = await countRuns(scene);
  const files = { 'zenfra.yml': 'stacks:\n  app:\n    path: app\n    brnch: main\n', 'app/main.tf': thing(3) };
  const pull = await propose(scene, { branch: 'typo', title: 'A typo', files });
  const title = 'zenfra.yml cannot be used (line 4)';
  const check = await seeCheck(scene, headOf(scene, pull), { name: 'zenfra', is: 'failure', title });
  const message = '"brnch" is not a key in stacks.app. Did you mean "branch"?';
  const [mark] = check.output.annotations;
  assert.deepEqual([mark?.path, mark?.start_line, mark?.message], ['zenfra.yml', 4, message]);
  await seeComment(scene, pull, '### Zenfra · zenfra.yml cannot be used', 'zenfra.yml:4', message);
  const early = say(scene, pull, { body: '/approve' });
  await seeReply(scene, pull, { to: early, says: ['`zenfra.yml:4` cannot be used', 'Push a fix'] });
  await settle(scene);
  assert.equal(await countRuns(scene), runs);
});
