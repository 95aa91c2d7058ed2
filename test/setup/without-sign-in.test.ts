import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { after, test } from 'node:test';
import { formTokenFor } from '../../src/access/form-token.ts';
import { parseMasterKey } from '../../src/secret/envelope.ts';
import { seedRun, seedStack, textOf } from '../pages/seed.ts';
import { createTestDatabase } from '../support/database.ts';
import { makeZenfraProcess } from '../support/zenfra-process.ts';

test('a server on loopback without sign-in says so, and shows its pages to this machine alone, which changes nothing', async () => {
  const database = await createTestDatabase();
  after(() => database.drop());
  // Nobody says that the repository, a row of ours alone, is gone.
  const awayGitHub = { GITHUB_API_URL: 'http://127.0.0.1:1' };
  const zenfra = await makeZenfraProcess({ after }, database.url, { LOG_LEVEL: 'warn', ...awayGitHub });
  await zenfra.start({ role: 'server' });
  const { url, environment } = zenfra;
  assert.match(zenfra.output(), /"sign-in is not configured: [^"]+ local user of this machine[^"]+ loopback only\./);

  const runId = await seedRun(await seedStack(database.db), { status: 'queued' });
  const page = await fetch(`${url}/runs/${runId}`);
  assert.equal(page.status, 200);
  assert.match(textOf(await page.text()), /network-prod.* Queued/);

  assert.equal(await statusFor('evil.test', `${url}/runs/${runId}`), 403, 'a name of elsewhere that leads here');
  assert.equal(await statusFor('localhost', `${url}/runs/${runId}`), 200);
  const { port } = new URL(url);
  await assert.rejects(fetch(`http://127.0.0.2:${port}/livez`), 'it listens at 127.0.0.1 and nowhere else');

  const form_token = formTokenFor(parseMasterKey(environment.ZENFRA_SECRET_KEY ?? ''), 'local ');
  const cancel = await fetch(`${url}/runs/${runId}/cancel`, {
    method: 'POST',
    body: new URLSearchParams({ form_token }),
    headers: { Origin: url },
  });
  assert.equal(cancel.status, 403);
  assert.match(textOf(await cancel.text()), /This needs write permission on acme\/infra, and local user has read\./);
});

/** Another `Host` than the address has: `fetch` sets it by itself. */
async function statusFor(host: string, address: string): Promise<number | undefined> {
  const asked = request(address, { headers: { Host: host } }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  answer.resume();
  return answer.statusCode;
}
