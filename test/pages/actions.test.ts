import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import {
  formToken,
  openPages,
  planOf,
  publicUrl,
  resource,
  type Seeded,
  seedPlan,
  seedRun,
  seedStack,
  textOf,
} from './seed.ts';

let base: TestDatabase;
let stack: Seeded;
let runId: string;
let planId: string;

before(async () => {
  base = await createTestDatabase();
  stack = await seedStack(base.db);
  runId = await seedRun(stack, { status: 'unconfirmed' });
  planId = await seedPlan(stack, runId, planOf([resource('a.b', 'delete')]));
});
after(() => base.drop());

const formHeaders = { Origin: publicUrl, 'Content-Type': 'application/x-www-form-urlencoded' };

function post(
  path: string,
  fields: Record<string, string>,
  options: Parameters<typeof openPages>[1] & { headers?: Record<string, string> } = {},
) {
  const { app, asked } = openPages(base.db, options);
  const body = new URLSearchParams({ form_token: formToken, ...fields }).toString();
  const response = app.request(path, { method: 'POST', body, headers: options.headers ?? formHeaders });
  return { response: Promise.resolve(response), asked };
}

test('approving hands on the plan that the page showed, and leads back with a short code', async () => {
  const { response, asked } = post(`/runs/${runId}/approve`, { plan: planId });
  assert.equal((await response).status, 303);
  assert.equal((await response).headers.get('Location'), `/runs/${runId}?done=approved`);
  assert.deepEqual(asked, [{ verb: 'approve', request: { runId, planId, user: 'kim', permission: 'admin' } }]);
  const page = await openPages(base.db).app.request(`/runs/${runId}?done=approved`);
  assert.match(textOf(await page.text()), /You approved this plan\. How far its apply has come is below\./);
});

test('each button reaches its action', async () => {
  for (const verb of ['discard', 'cancel', 'rerun']) {
    const { response, asked } = post(`/runs/${runId}/${verb}`, {});
    assert.equal((await response).status, 303);
    assert.deepEqual(asked, [{ verb, request: { runId, user: 'kim' } }]);
  }
  const { response, asked } = post(`/stacks/${stack.stackId}/trigger`, { type: 'plan_only' });
  assert.equal((await response).status, 303);
  assert.deepEqual(asked, [{ verb: 'trigger', request: { stackId: stack.stackId, type: 'plan_only', user: 'kim' } }]);
});

test('a form that is not from our own page changes nothing', async () => {
  const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const foreign: Record<string, Record<string, string>> = {
    'without Origin': type,
    'Origin null': { ...type, Origin: 'null' },
    'another host': { ...type, Origin: 'https://evil.example' },
    'a sibling subdomain': { ...type, Origin: 'https://other.example.com' },
    'our host as a prefix': { ...type, Origin: `${publicUrl}.evil.example` },
    'another scheme': { ...type, Origin: publicUrl.replace('https', 'http') },
    'another port': { ...type, Origin: `${publicUrl}:8443` },
    'two origins': { ...type, Origin: `${publicUrl}, https://evil.example` },
    'loopback against a public address': { ...type, Origin: 'http://localhost', Host: 'localhost' },
    'no Content-Type': { Origin: publicUrl, 'Content-Type': '' },
    'text/plain': { Origin: publicUrl, 'Content-Type': 'text/plain' },
    'another site by Sec-Fetch-Site': { ...formHeaders, 'Sec-Fetch-Site': 'cross-site' },
  };
  for (const [name, headers] of Object.entries(foreign)) {
    const { response, asked } = post(`/runs/${runId}/approve`, { plan: planId }, { headers });
    assert.equal((await response).status, 403, name);
    assert.deepEqual(asked, [], name);
  }
});

test('on the reader’s own machine any name of it is taken, as long as it is the page’s', async () => {
  const url = 'http://127.0.0.1:3000';
  const at = (origin: string, host: string) => ({ ...formHeaders, Origin: origin, Host: host });
  const same = post(`/runs/${runId}/cancel`, {}, { url, headers: at('http://localhost:3000', 'localhost:3000') });
  assert.equal((await same.response).status, 303);
  for (const [origin, host] of [
    ['http://localhost:3001', 'localhost:3001'],
    ['http://localhost:3000', '127.0.0.1:3000'],
    ['http://evil.example:3000', 'evil.example:3000'],
  ] as const) {
    const other = post(`/runs/${runId}/cancel`, {}, { url, headers: at(origin, host) });
    assert.equal((await other.response).status, 403, origin);
  }
});

test('who may only read is told what it takes, and nothing is done', async () => {
  for (const [path, fields] of [
    [`/runs/${runId}/approve`, { plan: planId }],
    [`/stacks/${stack.stackId}/trigger`, { type: 'tracked' }],
  ] as const) {
    const { response, asked } = post(path, fields, { level: 'read' });
    assert.equal((await response).status, 403);
    assert.match(
      textOf(await (await response).text()),
      /This needs write permission on acme\/infra, and kim has read\. Nothing was changed\./,
    );
    assert.deepEqual(asked, []);
  }
});

test('a destroy is for admins', async () => {
  const wanted = { type: 'destroy', confirm: 'network-prod' };
  const { response, asked } = post(`/stacks/${stack.stackId}/trigger`, wanted, { level: 'write' });
  assert.equal((await response).status, 403);
  assert.match(
    textOf(await (await response).text()),
    /This needs admin permission on acme\/infra, and kim has write\./,
  );
  assert.deepEqual(asked, []);
});

test('a form without the token of this sign-in changes nothing', async () => {
  for (const form_token of ['', formToken.slice(1), `${formToken}x`, 'ü']) {
    const { response, asked } = post(`/runs/${runId}/cancel`, { form_token });
    assert.equal((await response).status, 403);
    assert.match(textOf(await (await response).text()), /of an earlier sign-in, or of another person’s/);
    assert.deepEqual(asked, []);
  }
});

test('actions take POST only', async () => {
  for (const path of [
    ...['approve', 'discard', 'cancel', 'rerun'].map((verb) => `/runs/${runId}/${verb}`),
    `/stacks/${stack.stackId}/trigger`,
  ]) {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const { app, asked } = openPages(base.db);
      const response = await app.request(path, { method, headers: formHeaders });
      assert.deepEqual([response.status, response.headers.get('Allow')], [405, 'POST'], `${method} ${path}`);
      assert.deepEqual(asked, []);
    }
  }
});

test('a form of an older page is told so, and nothing is done', async () => {
  for (const plan of ['', randomUUID(), 'x'.repeat(1000)]) {
    const { response, asked } = post(`/runs/${runId}/approve`, { plan });
    assert.equal((await response).status, 409);
    assert.match(textOf(await (await response).text()), /This page was older than the run/);
    assert.deepEqual(asked, []);
  }
});

test('the second of two presses is told why it was refused, on the run’s page', async () => {
  const why = 'This run is approved; only a run that needs approval can be approved.';
  const { response } = post(`/runs/${runId}/approve`, { plan: planId }, { result: { ok: false, why } });
  assert.equal((await response).status, 409);
  const html = await (await response).text();
  assert.ok(textOf(html).includes(why));
  assert.match(html, new RegExp(`data-address="/runs/${runId}"`));
});

test('a destroy asks for the stack’s name', async () => {
  const trigger = `/stacks/${stack.stackId}/trigger`;
  for (const confirm of ['', 'Network-prod', 'other']) {
    const { response, asked } = post(trigger, { type: 'destroy', confirm });
    assert.equal((await response).status, 409);
    assert.match(textOf(await (await response).text()), /type the stack’s name, network-prod/);
    assert.deepEqual(asked, []);
  }
  assert.equal((await post(trigger, { type: 'destroy', confirm: 'network-prod' }).response).status, 303);
});

test('approving a destroy, or running it again, asks for the stack’s name again', async () => {
  const other = await seedStack(base.db, 'doomed');
  const id = await seedRun(other, { type: 'destroy', status: 'unconfirmed' });
  const plan = await seedPlan(other, id, planOf([resource('a.b', 'delete')]));
  const page = textOf(await (await openPages(base.db).app.request(`/runs/${id}`)).text());
  assert.equal(page.match(/Type doomed to confirm/g)?.length, 2);
  for (const verb of ['approve', 'rerun']) {
    const wrong = post(`/runs/${id}/${verb}`, { plan });
    assert.deepEqual([(await wrong.response).status, wrong.asked.length], [409, 0], verb);
    const right = post(`/runs/${id}/${verb}`, { plan, confirm: 'doomed' });
    assert.deepEqual([(await right.response).status, right.asked.length], [303, 1], verb);
  }
  assert.equal((await post(`/runs/${id}/discard`, {}).response).status, 303);
});

test('unknown runs, stacks, types and long forms are refused', async () => {
  assert.equal((await post(`/runs/${randomUUID()}/approve`, { plan: planId }).response).status, 404);
  assert.equal((await post('/runs/x/approve', {}).response).status, 404);
  assert.equal((await post(`/stacks/${randomUUID()}/trigger`, { type: 'tracked' }).response).status, 404);
  assert.equal((await post(`/stacks/${stack.stackId}/trigger`, { type: 'apply_everything' }).response).status, 400);
  for (const path of [`/stacks/${stack.stackId}/trigger`, '/sign-out'])
    assert.equal((await post(path, { type: 'x'.repeat(20_000) }).response).status, 413, path);
});

test('codes in the address that are not ours say nothing', async () => {
  for (const code of ['nonsense', '__proto__', 'constructor', '<script>']) {
    const page = await openPages(base.db).app.request(`/runs/${runId}?done=${encodeURIComponent(code)}`);
    assert.doesNotMatch(await page.text(), /role="alert"|<script>/);
  }
});
