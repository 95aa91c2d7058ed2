import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Permission } from '../../src/run/checks.ts';
import type { RunPolicy } from '../../src/run/policy.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { openPages, type Seeded, seedRun, seedStack, textOf } from './seed.ts';
import { seedShowcase } from './showcase.ts';

let base: TestDatabase;

before(async () => {
  base = await createTestDatabase();
});
after(() => base.drop());

async function get(path: string) {
  const response = await openPages(base.db).app.request(path);
  const html = await response.text();
  return { response, html, text: textOf(html) };
}

test('an empty installation says what to do, then stacks appear, those that wait for a person first', async () => {
  assert.match((await get('/')).text, /No stacks yet .*Install the GitHub App in a repository\..*Commit a zenfra\.yml/);
  await seedShowcase(base.db);
  const { html, text } = await get('/');
  assert.match(text, /Waiting for you Needs approval network-prod Move the database to db\.m7g \+2 ~2 -2/);
  assert.match(text, /Failed|Planning/);
  assert.match(text, /acme\/infra infra\/dns Terraform 1\.11\.4/);
  assert.match(text, /No runs yet cache-prod/);
  assert.match(text, / #\d+ · 3 minutes ago /);
  assert.ok(html.indexOf('>network-prod</a>') < html.indexOf('>api-staging</a>'));
});

test('what waits for the reader is every run that they may approve, and no other', async () => {
  const doomed = await seedStack(base.db, 'doomed', 'infra/doomed');
  await seedRun(doomed, { type: 'destroy', status: 'unconfirmed', commit_title: 'Take it all down' });
  const gone = await seedStack(base.db, 'left-the-file', 'infra/left');
  await seedRun(gone, { status: 'unconfirmed', commit_title: 'Change what has left' });
  await base.db.updateTable('stacks').set({ removed_at: new Date() }).where('id', '=', gone.stackId).execute();
  const strict = await seedStack(base.db, 'for-admins', 'infra/strict');
  await seedRun(strict, { status: 'unconfirmed', destroy_count: 0 });
  await define(strict, { approval: { requirements: [], permission: 'admin', selfApprove: true, expiresMs: null } });
  const guarded = await seedStack(base.db, 'guarded', 'infra/guarded');
  await seedRun(guarded, { status: 'unconfirmed', destroy_count: 1 });
  await define(guarded, { protectDestroy: true });
  const waiting = async (level: Permission) => {
    const html = await (await openPages(base.db, { level }).app.request('/')).text();
    return [...html.matchAll(/<a class="waiting-run"[\s\S]*?<b>(.*?)<\/b>/g)].map((match) => match[1]).sort();
  };
  assert.deepEqual(await waiting('admin'), ['doomed', 'for-admins', 'guarded', 'left-the-file', 'network-prod']);
  assert.deepEqual(await waiting('write'), ['left-the-file', 'network-prod']);
  assert.deepEqual(await waiting('read'), []);
});

test('where nobody approves their own change, that does not wait for whose it is', async () => {
  const reviewed = { requirements: [], permission: 'write' as const, selfApprove: false, expiresMs: null };
  const changes: { name: string; authors: string[] }[] = [
    { name: 'asked-for', authors: [] },
    { name: 'merged-for', authors: ['Ana'] },
  ];
  for (const { name, authors } of changes) {
    const seeded = await seedStack(base.db, name, `infra/${name}`);
    await seedRun(seeded, { status: 'unconfirmed', commit_title: name, triggered_by: 'kim', authors });
    await define(seeded, { approval: reviewed });
  }
  const shown = async (user: string) => {
    const html = await (await openPages(base.db, { user, level: 'write' }).app.request('/')).text();
    return [...html.matchAll(/<a class="waiting-run"[\s\S]*?<b>(.*?)<\/b>/g)].map((match) => match[1]);
  };
  const own = (names: (string | undefined)[]) => names.filter((name) => /-for$/.test(name ?? '')).sort();
  assert.deepEqual(own(await shown('kim')), []);
  assert.deepEqual(own(await shown('ana')), ['asked-for']);
  assert.deepEqual(own(await shown('bo')), ['asked-for', 'merged-for']);
});

async function define({ db, stackId }: Seeded, definition: Partial<RunPolicy>) {
  const { definition: stored } = await db
    .selectFrom('stacks')
    .select('definition')
    .where('id', '=', stackId)
    .executeTakeFirstOrThrow();
  const row = { definition: JSON.stringify({ ...(stored as object), ...definition }) };
  await db.updateTable('stacks').set(row).where('id', '=', stackId).execute();
}

test('a zenfra.yml that cannot be used is named, with its line', async () => {
  await seedStack(base.db, 'other');
  const config = JSON.stringify({
    file: 'zenfra.yml',
    line: 3,
    column: 5,
    message: 'stacks.a.pth is not a key; did you mean path?',
  });
  await base.db.updateTable('repositories').set({ config_error: config }).execute();
  assert.match(
    (await get('/')).text,
    /acme\/infra : zenfra\.yml, line 3: stacks\.a\.pth is not a key; did you mean path\?/,
  );
});

test('a pull request’s page lists its runs with their stacks', async () => {
  const { text } = await get('/pr/acme/infra/43');
  assert.match(text, /Give the zone a shorter TTL #43 open by lee/);
  assert.match(text, /dns-prod Planning/);
  assert.equal((await get('/pr/ACME/Infra/43')).response.status, 200);
  for (const path of [
    '/pr/acme/infra/44',
    '/pr/acme/infr_/43',
    '/pr/acme/infra/0',
    '/pr/acme/infra/1e3',
    '/pr/%00/infra/43',
    '/pr/a%2fb/infra/43',
    '/pr/acme/infra/99999999999',
  ]) {
    assert.equal((await get(path)).response.status, 404, path);
  }
});

test('every answer carries the security headers, and nothing is loaded from elsewhere', async () => {
  for (const path of ['/', '/nothing', '/pr/acme/infra/43', '/assets/x/zenfra.css']) {
    const { response, html } = await get(path);
    assert.equal(
      response.headers.get('Content-Security-Policy'),
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    );
    assert.equal(response.headers.get('X-Content-Type-Options'), 'nosniff');
    assert.equal(response.headers.get('Referrer-Policy'), 'same-origin');
    assert.doesNotMatch(html, /(src|href)="(https?:)?\/\/(?!github\.com)| style="|<style|onclick/);
  }
});

test('static files are kept for ever under their hash, and only known ones exist', async () => {
  const { html } = await get('/');
  for (const [, path] of html.matchAll(/"(\/assets\/[^"]+)"/g)) {
    const { response } = await get(path ?? '');
    assert.equal(response.status, 200, path);
    assert.equal(response.headers.get('Cache-Control'), 'public, max-age=31536000, immutable');
  }
  assert.equal((await get('/assets/000000000000/zenfra.css')).response.headers.get('Cache-Control'), 'no-cache');
  for (const path of [
    '/assets/x/nothing.css',
    '/assets/x/..%2f..%2fpackage.json',
    '/assets/x/__proto__',
    '/assets/x/%00',
  ]) {
    assert.equal((await get(path)).response.status, 404, path);
  }
});

test('an unknown address gets a page that leads back', async () => {
  const { response, html, text } = await get('/nothing/<script>');
  assert.equal(response.status, 404);
  assert.match(text, /Nothing here There is no page, stack or run at this address\. All stacks/);
  assert.doesNotMatch(html, /<script>/);
});

test('an error of ours says nothing of its inside', async () => {
  const { app } = openPages(base.db.withSchema('absent'));
  const response = await app.request('/pr/acme/infra/43');
  const html = await response.text();
  assert.equal(response.status, 500);
  assert.match(html, /Something went wrong on our side/);
  assert.doesNotMatch(html, /absent|relation|select/);
});
