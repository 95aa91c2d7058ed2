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
  const log = openPhaseLog(
    {
      ...sink,
      log: async (_, bytes) => {
        await sleep(written.length === 0 ? 50 : 0);
        written.push(Buffer.from(bytes).toString());
      },
    },
    'preparing',
  );
  log.say('one');
  const first = log.flush();
  log.say('two');
  await Promise.all([first, log.flush()]);
  assert.deepEqual(written, ['[Zenfra] one\n', '[Zenfra] two\n']);
});
