import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { searchLog } from '../../src/pages/log-search.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { openPages, type Seeded, seedLog, seedPhase, seedRun, seedStack, textOf } from './seed.ts';

const esc = '\u001b';

let base: TestDatabase;
let stack: Seeded;

before(async () => {
  base = await createTestDatabase();
  stack = await seedStack(base.db);
});
after(() => base.drop());

async function seedLogged(chunks: (string | Uint8Array)[]): Promise<string> {
  const id = await seedRun(stack, { type: 'plan_only', status: 'finished', ended_at: new Date() });
  await seedPhase(base.db, id, 'planning', { at: new Date(), seconds: 1 });
  await seedLog(base.db, { runId: id, phase: 'planning' }, chunks);
  return id;
}

function ask(id: string, query: string, accept = 'application/json') {
  const address = `/runs/${id}/logs/planning/search?${new URLSearchParams({ q: query })}`;
  return openPages(base.db).app.request(address, { headers: { Accept: accept } });
}

async function* of(...chunks: (string | Uint8Array)[]) {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

function search(query: string, ...chunks: (string | Uint8Array)[]) {
  return searchLog(of(...chunks), query, { time: 60_000, signal: new AbortController().signal });
}

test('lines are found whatever their case, and told by their numbers', async () => {
  const id = await seedLogged(['one\nNEEDLE and needle\nthree\n', 'four\nfive Needle\n']);
  assert.deepEqual(await (await ask(id, 'nEEdle')).json(), { count: 2, lines: [2, 5], capped: false });
  assert.deepEqual(await (await ask(id, 'nothing')).json(), { count: 0, lines: [], capped: false });
});

test('neither colours nor the borders of chunks part a word', async () => {
  const text = `first\n${esc}[1mnee${esc}[31md${esc}]8;;http://x\u0007le${esc}[0m größe ✓\nlast needle`;
  const bytes = Buffer.from(text);
  for (let at = 1; at < bytes.length; at += 1) {
    const { lines, texts } = await search('needle gr', bytes.subarray(0, at), bytes.subarray(at));
    assert.deepEqual([lines, texts], [[2], ['needle größe ✓']], `split at ${at}`);
  }
  assert.deepEqual((await search('✓', text)).lines, [2]);
  assert.deepEqual((await search('NEEDLE', text)).lines, [2, 3]);
});

test('what a progress bar wrote over is not found', async () => {
  assert.deepEqual((await search('10%', '10%\r100%\r\n10%\r\n')).lines, [2]);
});

test('a text is taken literally', async () => {
  assert.deepEqual((await search('a.*(b', 'a.*(b\naxxb\n')).lines, [1]);
  assert.deepEqual((await search(' ', 'ab\na b\n')).lines, [2]);
});

test('more hits than 5,000 are counted to the last', async () => {
  const { count, lines, texts, capped } = await search('x', 'x\n'.repeat(12_000));
  assert.deepEqual([count, lines.length, texts.length, capped], [12_000, 5_000, 200, false]);
});

test('a search that takes too long, or that nobody waits for, ends with what it has', async () => {
  async function* endless() {
    for (;;) yield Buffer.from('needle\n');
  }
  const late = await searchLog(endless(), 'needle', { time: 0, signal: new AbortController().signal });
  assert.deepEqual([late.count, late.capped], [1, true]);
  const gone = await searchLog(endless(), 'needle', { time: 60_000, signal: AbortSignal.abort() });
  assert.equal(gone.capped, true);
});

test('a line of 64 megabytes is searched too', async () => {
  async function* long() {
    yield Buffer.from('needle ');
    for (let count = 0; count < 1_000; count += 1) yield Buffer.alloc(65_536, 'x');
    yield Buffer.from('\nneedle\n');
  }
  const { lines } = await searchLog(long(), 'needle', { time: 60_000, signal: new AbortController().signal });
  assert.deepEqual(lines, [1, 2]);
});

test('an empty search, a long one and one of several lines are refused with a sentence', async () => {
  const id = await seedLogged(['one\n']);
  for (const query of ['', 'x'.repeat(201), 'x'.repeat(10_000), 'a\nb']) {
    const response = await ask(id, query);
    assert.equal(response.status, 400);
    const html = await response.text();
    assert.match(textOf(html), /That did not work A search needs a text of 1 to 200 characters in one line/);
    assert.match(html, new RegExp(`<a class="btn" href="/runs/${id}#planning">Run #\\d+</a>`));
  }
  assert.equal((await ask(id, 'x'.repeat(200))).status, 200);
});

test('who may not see the run cannot search it, nor load a part of its log', async () => {
  const id = await seedLogged(['secret\n']);
  const { app } = openPages(base.db, { level: 'none' });
  for (const run of [id, randomUUID(), '%00'])
    for (const path of ['planning/search?q=secret', 'planning.html?from=1&to=9', 'planning.txt'])
      assert.equal((await app.request(`/runs/${run}/logs/${path}`)).status, 404, path);
  assert.equal((await openPages(base.db).app.request(`/runs/${id}/logs/finished/search?q=x`)).status, 404);
});

test('without scripts the form leads to a list of the lines, each a link to its place', async () => {
  const id = await seedLogged(['one\n', 'a <b>Needle</b>\u202e\n', 'needle\n']);
  const html = await (await ask(id, 'needle', 'text/html')).text();
  assert.match(textOf(html), /2 lines found/);
  assert.ok(html.includes(`href="/runs/${id}?phase=planning&amp;from=1#planning-L2"`));
  assert.ok(html.includes('<bdi>a &lt;b&gt;Needle&lt;/b&gt;\\u202e</bdi>'));
  const hostile = await (await ask(id, '"><script>alert(1)</script>', 'text/html')).text();
  assert.ok(!hostile.includes('<script>alert'));
  assert.match(textOf(hostile), /No line has this/);
});

test('a part of a log has the lines that were asked for, and says what it lacks', async () => {
  const id = await seedLogged(
    Array.from({ length: 120 }, (_, chunk) =>
      Array.from({ length: 100 }, (_, index) => `line ${chunk * 100 + index + 1}\n`).join(''),
    ),
  );
  const numbers = async (query: string) => {
    const response = await openPages(base.db).app.request(`/runs/${id}/logs/planning.html?${query}`);
    assert.equal(response.status, 200, query);
    const html = await response.text();
    const found = [...html.matchAll(/<code id="planning-L(\d+)"[^>]*>line (\d+)</g)];
    for (const [, number, text] of found) assert.equal(number, text);
    const gaps = [...html.matchAll(/data-from="(\d+)" data-to="(\d+)"/g)].map((gap) => `${gap[1]}-${gap[2]}`);
    return [found.length, Number(found[0]?.[1]), Number(found.at(-1)?.[1]), ...gaps];
  };
  assert.deepEqual(await numbers('from=1&to=7000'), [5_000, 2_001, 7_000, '1-2000']);
  assert.deepEqual(await numbers('from=1&to=2000'), [2_000, 1, 2_000]);
  assert.deepEqual(await numbers('from=1&to=7000&near=300'), [5_000, 200, 5_199, '1-199', '5200-7000']);
  assert.deepEqual(await numbers('from=6900&to=7000&near=6950'), [101, 6_900, 7_000]);
  assert.deepEqual(await numbers('from=7001&to=99999&near=7001'), [5_000, 7_001, 12_000]);
  for (const query of ['', 'from=1', 'from=9&to=1', 'from=-1&to=5', 'from=1e9&to=%00']) {
    assert.equal((await openPages(base.db).app.request(`/runs/${id}/logs/planning.html?${query}`)).status, 400, query);
  }
});

test('the way to the first error is on the page if there is one, wherever it is', async () => {
  const plain = 'a line that says MyError: nothing\n'.repeat(100);
  const box = `${esc}[31m╷${esc}[0m\n${esc}[31m│${esc}[0m ${esc}[1m${esc}[31mError: ${esc}[0mbroken\n`;
  const jump = async (chunks: string[]) => {
    const id = await seedLogged(chunks);
    const html = await (await openPages(base.db).app.request(`/runs/${id}`)).text();
    return /href="([^"]*)" data-line="[^"]*">Jump to first error/.exec(html)?.[1]?.replace(id, 'ID') ?? null;
  };
  assert.equal(await jump([plain]), null);
  assert.equal(await jump([plain, box, 'Error: late\n']), '#planning-L102');
  const many = Array.from({ length: 80 }, () => plain);
  assert.equal(await jump(many), null);
  assert.equal(await jump(['Error: early\n', ...many]), '/runs/ID?phase=planning&amp;from=1#planning-L1');
  assert.equal(await jump([...many, box]), '#planning-L8002');
});

test('a line has the time at which it was written, once for lines that came together', async () => {
  const id = await seedLogged(['one\ntwo\nthr', 'ee\nfour\n']);
  await sql`update log_chunks set at = to_timestamp(1700000000 + seq * 10) where run_id = ${id}`.execute(base.db);
  const html = await (await openPages(base.db).app.request(`/runs/${id}`)).text();
  const times = [...html.matchAll(/<code id="planning-L(\d)" data-n="\d"(?: data-at="(\d+)")?>/g)].map(
    (line) => line[2] ?? null,
  );
  assert.deepEqual(times, ['1700000010', null, '1700000020', null]);
});
