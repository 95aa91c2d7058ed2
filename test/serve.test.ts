import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { serve } from '../src/serve.ts';

const request = 'GET / HTTP/1.1\r\nHost: zenfra\r\n\r\n';

/** A server, and connections to it that send what is given. */
async function open(t: TestContext, answer: () => Response | Promise<Response>, patienceMs = 60_000) {
  const served = await serve(answer, { port: 0, host: '127.0.0.1', patienceMs });
  t.after(() => served.stop());
  const dial = async (text: string): Promise<Socket> => {
    const socket = connect(served.port, '127.0.0.1').setEncoding('utf8');
    t.after(() => socket.destroy());
    await once(socket, 'connect');
    socket.write(text);
    return socket;
  };
  return { served, dial };
}

test('a connection is kept for longer than a proxy keeps it', async (t) => {
  const { dial } = await open(t, () => new Response('here'));
  const [answer] = await once(await dial(request), 'data');
  assert.match(answer, /^HTTP\/1.1 200 OK\r\n/);
  const kept = /^keep-alive: timeout=(\d+)/im.exec(answer)?.[1];
  assert.ok(Number(kept) > 600, answer);
});

test('a request that names no host is answered, at whatever address the server listens', async (t) => {
  for (const host of ['127.0.0.1', undefined]) {
    const served = await serve(() => new Response('here'), { port: 0, host });
    t.after(() => served.stop());
    const socket = connect(served.port, '127.0.0.1').setEncoding('utf8');
    socket.write('GET /readyz HTTP/1.0\r\n\r\n');
    const [answer] = await once(socket, 'data');
    assert.match(answer, /^HTTP\/1.1 200 OK\r\n/);
  }
});

test('a stop ends connections on which nothing is asked, and answers what is', async (t) => {
  const asked = Promise.withResolvers<void>();
  const door = Promise.withResolvers<void>();
  const answers = [
    () => new Response('first'),
    async () => {
      asked.resolve();
      await door.promise;
      return new Response('second');
    },
  ];
  const { served, dial } = await open(t, () => answers.shift()?.() ?? new Response('third'));
  const used = await dial(request);
  await once(used, 'data');
  const [silent, busy] = [await dial(''), await dial(request)];
  await asked.promise;

  const stopped = served.stop();
  for (const idle of [used, silent]) await once(idle.resume(), 'end');
  door.resolve();
  const [answer] = await once(busy, 'data');
  assert.match(answer, /second$/);
  await stopped;
});

test('a stop does not wait for a request that never ends', async (t) => {
  const asked = Promise.withResolvers<void>();
  const never = async () => {
    asked.resolve();
    return new Promise<Response>(() => undefined);
  };
  const { served, dial } = await open(t, never, 100);
  const socket = await dial(request);
  await asked.promise;
  await Promise.all([served.stop(), once(socket.resume(), 'close')]);
});
