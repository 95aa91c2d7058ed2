import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { SourceAway } from '../../src/execution/contract.ts';
import { downloadArchive } from '../../src/github/archive.ts';
import { Sources } from '../../src/runners/sources.ts';
import { answering, infra } from './answers.ts';

const sha = 'a'.repeat(40);
const tarball = `/repos/acme/infra/tarball/${sha}`;

/** Where archives are, outside of the API. Returns its address, and the tokens that came there. */
async function startCodeload(t: { after(end: () => void): void }, answer: (response: ServerResponse) => void) {
  const tokens: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    tokens.push(request.headers.authorization);
    answer(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/archive`, tokens };
}

test('under its former name an archive is asked for where the API says, with the token; elsewhere without it', async (t) => {
  const codeload = await startCodeload(t, (response) => response.end('the archive'));
  const tokens: boolean[] = [];
  const { github, asked } = await answering(t, ({ url, headers }) => {
    tokens.push(headers.authorization !== undefined);
    if (url !== tarball) return { status: 302, headers: { location: codeload.url } };
    return { status: 301, headers: { location: `http://${headers.host}/repositories/7/tarball/${sha}` } };
  });
  assert.equal(await text(await downloadArchive(github, infra, sha)), 'the archive');
  assert.deepEqual(asked, [`GET ${tarball}`, `GET /repositories/7/tarball/${sha}`]);
  assert.deepEqual([tokens, codeload.tokens], [[true, true], [undefined]]);
});

test('an archive that is not delivered at first is asked for again', async (t) => {
  let tries = 0;
  const codeload = await startCodeload(t, (response) => {
    tries += 1;
    response.writeHead(tries === 1 ? 503 : 200).end('the archive');
  });
  const { github } = await answering(t, () => ({ status: 302, headers: { location: codeload.url } }));
  assert.equal(await text(await downloadArchive(github, infra, sha)), 'the archive');
  assert.equal(tries, 2);
});

test('whoever waits for a source is told whether GitHub is away or refuses', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'zenfra-archive-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const answers: ((response: ServerResponse) => void)[] = [
    (response) => response.writeHead(200).write(gzipSync('half of it').subarray(0, 12), () => response.socket?.end()),
    (response) => response.writeHead(404).end(),
  ];
  const codeload = await startCodeload(t, (response) => answers.shift()?.(response));
  const limit = { status: 403, headers: { 'retry-after': '7' } };
  const { github, asked } = await answering(t, () =>
    asked.length === 3 ? limit : { status: 302, headers: { location: codeload.url } },
  );
  const sources = new Sources(github, join(directory, 'sources'));
  const wanted = { repository: { id: 7, ...infra }, commit: sha };
  const why = () =>
    sources.fetch(wanted).then(
      () => assert.fail(),
      (error: Error) => error,
    );
  const away = await why();
  assert.ok(away instanceof SourceAway);
  assert.match(away.message, /^GitHub does not deliver the source \(.+\)\.$/);
  const refused = await why();
  assert.ok(!(refused instanceof SourceAway));
  assert.match(refused.message, /answered 404 for the source archive of acme\/infra@a/);
  const limited = await why();
  assert.ok(limited instanceof SourceAway && limited.pauseMs > 6_000 && limited.pauseMs <= 7_000);
});
