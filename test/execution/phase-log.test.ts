import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openPhaseLog } from '../../src/execution/phase-log.ts';
import { openStage } from './stage.ts';

const stage = await openStage();
after(() => stage.close());

test('lines that are sent while others are under way come after them', async () => {
  const sink = stage.sink();
  const written: string[] = [];
  let begun = 0;
  const log = openPhaseLog(
    {
      ...sink,
      log: async (_, bytes) => {
        begun += 1;
        await sleep(begun === 1 ? 50 : 0);
        written.push(Buffer.from(bytes).toString());
      },
    },
    'preparing',
  );
  log.say('one');
  const first = log.flush();
  await sleep(0);
  log.say('two');
  await Promise.all([first, log.flush()]);
  assert.deepEqual(written, ['[Zenfra] one\n', '[Zenfra] two\n']);
});
