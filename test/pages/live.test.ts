import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import type { Permission } from '../../src/run/checks.ts';
import { until } from '../../src/sandbox/story/until.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { openPages, planOf, resource, type Seeded, seedLog, seedPhase, seedPlan, seedRun, seedStack } from './seed.ts';
import { type LiveServer, openEvents, openPage, serveLive } from './watching.ts';

let base: TestDatabase;
let stack: Seeded;
let server: LiveServer;

before(async () => {
  base = await createTestDatabase();
  stack = await seedStack(base.db);
  server = await serveLive(base);
});

after(async () => {
  await server?.stop();
  await base.drop();
});

async function seedApplying(): Promise<string> {
  const id = await seedRun(stack, { type: 'plan_only', status: 'planning', pull_request_number: 42 });
  await seedPhase(base.db, id, 'planning', { at: new Date() });
  await seedPlan(stack, id, planOf([resource('aws_vpc.main', 'create'), resource('aws_vpc.other', 'create')]));
  return id;
}

async function finishRun(id: string): Promise<void> {
  await base.db.updateTable('runs').set({ status: 'finished', ended_at: new Date() }).where('id', '=', id).execute();
}

const unwatched = (signal: AbortSignal) =>
  until(signal, {
    expected: 'nobody to be waited for',
    look: () => (server.watched() === 0 ? true : undefined),
    seen: () => `${server.watched()} topics that somebody waits for`,
  });

test('a stream says what it is, to browsers and to proxies, and begins with a sign of life', async () => {
  const page = await openPage(`${server.url}/runs/${await seedApplying()}`);
  const stream = await openEvents(server.url + page.events, page);
  assert.equal(stream.headers.get('Content-Type'), 'text/event-stream; charset=utf-8');
  assert.equal(stream.headers.get('Cache-Control'), 'no-cache, no-transform');
  assert.equal(stream.headers.get('X-Accel-Buffering'), 'no');
  await stream.nextOf('ping');
  stream.close();
});

test('the run’s facts come as the page’s content, once for each change', async () => {
  const id = await seedApplying();
  const page = await openPage(`${server.url}/runs/${id}`);
  const stream = await openEvents(server.url + page.events, page);
  await base.db
    .updateTable('runs')
    .set({ cancel_requested_at: new Date(), cancel_requested_by: 'lee' })
    .where('id', '=', id)
    .execute();
  const swap = await stream.next();
  assert.equal(swap?.event, 'page');
  assert.match(swap?.data.html ?? '', /Being canceled, asked for by lee/);
  assert.match(swap?.data.title ?? '', /^Planning · network-prod #\d+ · Zenfra$/);
  await finishRun(id);
  assert.match((await stream.nextOf('page')).data.title, /^Finished/);
  assert.equal((await stream.next())?.event, 'end');
  assert.equal(await stream.next(), undefined);
});

test('a form that comes with an event is the reader’s own', async () => {
  const id = await seedApplying();
  const page = await openPage(`${server.url}/runs/${id}`);
  const stream = await openEvents(server.url + page.events, { after: '-.0.0.0.0' });
  const token = /name="form_token" value="([^"]*)"/.exec(page.html)?.[1];
  assert.ok((await stream.nextOf('page')).data.html.includes(`name="form_token" value="${token}"`));
  stream.close();
});

test('no name that somebody gave a branch brings the reader’s form token into a link', async () => {
  const branch = 'zenfra-form-token-of-the-reader';
  const id = await seedRun(stack, { type: 'plan_only', status: 'planning', branch });
  const page = await openPage(`${server.url}/runs/${id}`);
  const stream = await openEvents(server.url + page.events, { after: '-.0.0.0.0' });
  const { html } = (await stream.nextOf('page')).data;
  stream.close();
  assert.equal(/href="[^"]*\/tree\/([^"]*)"/.exec(html)?.[1], branch);
});

test('the progress of an apply comes as the rows that it concerns', async () => {
  const id = await seedApplying();
  const page = await openPage(`${server.url}/runs/${id}`);
  const stream = await openEvents(server.url + page.events, page);
  const steps = JSON.stringify([{ address: 'aws_vpc.other', action: 'create', result: 'started' }]);
  await base.db.updateTable('runs').set({ apply_steps: steps }).where('id', '=', id).execute();
  await sql`select pg_notify('zenfra', ${`run:${id}`})`.execute(base.db);
  const { data } = await stream.nextOf('page');
  assert.equal(data.rows.length, 1);
  assert.match(data.rows[0] ?? '', /^<span class="why" id="change-1">will be created.*in progress<\/span><\/span>$/);
  assert.doesNotMatch(data.html, /aws_vpc/);
  stream.close();
});

test('once the run has ended and the page shows it, there is nothing to watch', async () => {
  const id = await seedApplying();
  await seedLog(base.db, { runId: id, phase: 'planning' }, ['done\n']);
  const page = await openPage(`${server.url}/runs/${id}`);
  await finishRun(id);
  const late = await openEvents(server.url + page.events, page);
  const swap = await late.nextOf('page');
  const end = await late.nextOf('end');
  assert.equal(end.id, swap.id);
  assert.equal((await openEvents(server.url + page.events, { last: end.id ?? '' })).status, 204);
  assert.equal((await openPage(`${server.url}/runs/${id}`)).events, '');
});

test('what nobody may see has no stream either', async () => {
  const id = await seedApplying();
  const { app } = openPages(base.db, { level: 'none' });
  const paths = [`/runs/${id}/events`, `/stacks/${stack.stackId}/events`, '/pr/acme/infra/42/events', '/runs/x/events'];
  for (const path of paths) assert.equal((await app.request(path)).status, 404, path);
  const stranger = openPages(base.db, { user: null }).app;
  assert.equal((await stranger.request(`/runs/${id}/events`)).status, 403);
});

test('a run that nobody watches any more costs nothing', async (t) => {
  const page = await openPage(`${server.url}/runs/${await seedApplying()}`);
  const streams = await Promise.all([1, 2, 3].map(() => openEvents(server.url + page.events, page)));
  assert.equal(server.watched(), 3, 'one hub with its three topics, however many watch');
  for (const stream of streams) stream.close();
  await unwatched(t.signal);
});

test('a reader whose session or right has ended is let go within a minute', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const reader: { user: string | null; level: Permission } = { user: 'kim', level: 'read' };
  const other = await serveLive(base, reader);
  const id = await seedApplying();
  for (const loss of [{ level: 'none' as const }, { user: null }]) {
    Object.assign(reader, { user: 'kim', level: 'read' });
    const page = await openPage(`${other.url}/runs/${id}`);
    const stream = await openEvents(other.url + page.events, page);
    await stream.nextOf('ping');
    Object.assign(reader, loss);
    t.mock.timers.tick(60_000);
    assert.equal(await stream.next(), undefined);
  }
  t.mock.timers.reset();
  await other.stop();
});

test('a server that stops ends its streams', async () => {
  const other = await serveLive(base);
  const page = await openPage(`${other.url}/runs/${await seedApplying()}`);
  const stream = await openEvents(other.url + page.events, page);
  await stream.nextOf('ping');
  await other.stop();
  assert.equal(await stream.next(), undefined);
});

test('when the connection that hears the database is lost, what was missed is found', async () => {
  const id = await seedApplying();
  const page = await openPage(`${server.url}/runs/${id}`);
  const stream = await openEvents(server.url + page.events, page);
  await stream.nextOf('ping');
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'zenfra changes'
            and datname = current_database()`.execute(base.db);
  await seedLog(base.db, { runId: id, phase: 'planning' }, ['nobody announced this\n']);
  await stream.nextOf('page');
  assert.match((await stream.nextOf('log')).data.html, /nobody announced this/);
  stream.close();
});

test('lists hear that something in them has changed', async () => {
  const paths = ['/', `/stacks/${stack.stackId}`, '/pr/acme/infra/42'];
  await base.db
    .insertInto('pull_requests')
    .values({
      ...{ repository_id: 7, number: 42, title: 'T', author: 'kim', head_sha: 'a', head_ref: 'b', base_ref: 'main' },
      ...{ state: 'open', draft: false, fork: false },
    })
    .execute();
  const open = async (path: string) => {
    const { events } = await openPage(server.url + path);
    // As if the page had been made a minute ago, or long after all changes.
    return { past: await openEvents(server.url + events, { after: '1' }), events };
  };
  for (const path of paths) {
    const { past, events } = await open(path);
    assert.equal((await past.next())?.event, 'changed', `${path}: nobody knows what has changed since 1970`);
    past.close();
    const stream = await openEvents(server.url + events, { after: String(Date.now() + 60_000) });
    await stream.nextOf('ping');
    const id = await seedRun(stack, { pull_request_number: 42 });
    assert.equal((await stream.next())?.event, 'changed', path);
    stream.close();
    await base.db.deleteFrom('runs').where('id', '=', id).execute();
  }
});
