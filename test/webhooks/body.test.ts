import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hono } from 'hono';
import { bodyReader } from '../../src/webhooks/body.ts';

test('long bodies that are in hand at a time are bounded together, short ones are always read', async () => {
  const gate = Promise.withResolvers<void>();
  const read = Promise.withResolvers<void>();
  const readBody = bodyReader({ maxBytes: 100, smallBytes: 10, mostHeld: 150 });
  const app = new Hono().post('/', (c) =>
    readBody(c, async (body) => {
      if (body.length > 10) {
        read.resolve();
        await gate.promise;
      }
      return c.text(`${body.length}`);
    }),
  );
  const send = async (body: string) => {
    const headers = { 'content-length': String(body.length) };
    const answer = await app.request('/', { method: 'POST', headers, body });
    return [answer.status, await answer.text()];
  };
  const first = send('a'.repeat(100));
  await read.promise;
  assert.deepEqual(await send('a'.repeat(51)), [503, 'Too many large webhooks are under way. Send it again.']);
  assert.deepEqual(await send('a'.repeat(10)), [200, '10']);
  assert.deepEqual(await send('a'.repeat(101)), [413, 'A webhook has at most 100 bytes.']);
  gate.resolve();
  assert.deepEqual(await first, [200, '100']);
  assert.deepEqual(await send('a'.repeat(51)), [200, '51']);
});
