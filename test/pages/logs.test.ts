import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { openPages, type Seeded, seedLog, seedRun, seedStack } from './seed.ts';

let base: TestDatabase;
let stack: Seeded;

before(async () => {
  base = await createTestDatabase();
  stack = await seedStack(base.db);
});
after(() => base.drop());

async function seedLoggedRun(chunks: (string | Uint8Array)[]): Promise<string> {
  const id = await seedRun(stack, { type: 'plan_only', status: 'finished', ended_at: new Date() });
  await base.db
    .insertInto('run_phases')
    .values({ run_id: id, phase: 'planning', started_at: new Date(), ended_at: new Date(), outcome: 'succeeded' })
    .execute();
  await seedLog(base.db, { runId: id, phase: 'planning' }, chunks);
  return id;
}

function get(path: string) {
  return openPages(base.db).app.request(path);
}

async function lineIds(path: string): Promise<string[]> {
  return (await linesAndGaps(path)).ids;
}

async function linesAndGaps(path: string): Promise<{ ids: string[]; gaps: string[] }> {
  const html = await (await get(path)).text();
  const all = (pattern: RegExp) => [...html.matchAll(pattern)].map((match) => match[1] ?? '');
  const gaps = all(/data-part="([^"]+)"/g).map((gap) => gap.replaceAll('&amp;', '&'));
  return { ids: all(/<code id="(planning-L\d+)"/g), gaps };
}

test('a download is the bytes as they came, and no browser takes them for anything else', async () => {
  const bytes = Buffer.from([0x1b, 0x5b, 0x31, 0x6d, 0x00, 0xff, 0xfe, 0x0a, 0x3c, 0x73, 0x0a]);
  const id = await seedLoggedRun([bytes.subarray(0, 4), bytes.subarray(4)]);
  const response = await get(`/runs/${id}/logs/planning.txt`);
  assert.deepEqual(Buffer.from(await response.arrayBuffer()), bytes);
  assert.equal(response.headers.get('Content-Type'), 'text/plain; charset=utf-8');
  assert.equal(response.headers.get('X-Content-Type-Options'), 'nosniff');
  assert.match(
    response.headers.get('Content-Disposition') ?? '',
    /^attachment; filename="network-prod-run-\d+-planning\.txt"$/,
  );
});

test('the raw view is the same in the browser, the plain one is without codes', async () => {
  const id = await seedLoggedRun(['\u001b[31mred\u001b[0m\r\n', 'half', ' line']);
  const raw = await get(`/runs/${id}/logs/planning.txt?view=raw`);
  assert.equal(raw.headers.get('Content-Disposition'), 'inline');
  assert.equal(await raw.text(), '\u001b[31mred\u001b[0m\r\nhalf line');
  assert.equal(await (await get(`/runs/${id}/logs/planning.txt?view=plain`)).text(), 'red\nhalf line\n');
  const [x, y] = ['x'.repeat(30_000), 'y'.repeat(30_000)];
  const long = await seedLoggedRun([`short\n${x}`, y, `z\r\nended\n${x}\r`, `${y}\n`]);
  const plain = await (await get(`/runs/${long}/logs/planning.txt?view=plain`)).text();
  assert.deepEqual(plain.split('\n'), ['short', `${x}${y}z`, 'ended', y, '']);
});

test('all phases come in one file, each under its name', async () => {
  const id = await seedLoggedRun(['plan\n']);
  await seedLog(base.db, { runId: id, phase: 'preparing' }, ['[Zenfra] Preparing\n']);
  const text = await (await get(`/runs/${id}/logs.txt`)).text();
  assert.match(
    text,
    /^===== Preparing \(run #\d+, .{36}\) =====\n\[Zenfra\] Preparing\n\n===== Planning .* =====\nplan\n\n$/,
  );
});

test('colours that are switched off after the last line are no line', async () => {
  const id = await seedLoggedRun(['one\ntwo\n', '\u001b[0m']);
  const html = await (await get(`/runs/${id}?phase=planning`)).text();
  assert.match(html, /<span class="total">2 lines<\/span>/);
  assert.doesNotMatch(html, /class="more"/);
});

test('there is no log of unknown runs and phases', async () => {
  const id = await seedLoggedRun(['x\n']);
  for (const path of [
    `/runs/${randomUUID()}/logs.txt`,
    `/runs/${id}/logs/finished.txt`,
    `/runs/${id}/logs/..%2fplanning.txt`,
    '/runs/x/logs/planning.txt',
    '/runs/%00/logs.txt',
  ]) {
    assert.equal((await get(path)).status, 404, path);
  }
});

test('hostile bytes in a log stay text', async () => {
  const id = await seedLoggedRun([
    '</code></pre><script>alert(1)</script>\n\u001b]8;;javascript:alert(1)\u0007x\u001b]8;;\u0007 https://ok.example/<b>\n\u202e\u0000\n',
  ]);
  const html = await (await get(`/runs/${id}`)).text();
  assert.ok(html.includes('&lt;/code&gt;&lt;/pre&gt;&lt;script&gt;alert(1)&lt;/script&gt;'));
  for (const inside of ['javascript:', '<script>', '\u202e', '\u0000']) assert.ok(!html.includes(inside), inside);
  assert.ok(
    html.includes(
      '<a class="" href="https://ok.example/" rel="noopener noreferrer nofollow">https://ok.example/</a>&lt;b&gt;',
    ),
  );
  assert.ok(html.includes('<span class="control">\\u202e\\u0000</span>'));
});

test('a long log shows its last 5,000 lines in blocks, and links to the earlier ones', async () => {
  const lines = Array.from({ length: 12_345 }, (_, index) => `line ${index + 1}\n`);
  const chunks = Array.from({ length: 124 }, (_, index) => lines.slice(index * 100, index * 100 + 100).join(''));
  const id = await seedLoggedRun(chunks);
  const last = await lineIds(`/runs/${id}`);
  assert.equal(last.length, 5_000);
  assert.deepEqual([last[0], last.at(-1)], ['planning-L7346', 'planning-L12345']);
  const html = await (await get(`/runs/${id}`)).text();
  assert.ok(
    html.includes(
      `href="/runs/${id}?phase=planning&amp;from=2346#planning" data-part="/runs/${id}/logs/planning.html?from=1&amp;to=7345">Show earlier lines (7,345 lines before this)`,
    ),
  );
  assert.equal(html.match(/<pre class="whole">/g)?.length, 10);
  assert.match(html, /<code id="planning-L7346" data-n="7346"[^>]*>line 7346<\/code>/);
  const earlier = await lineIds(`/runs/${id}?phase=planning&from=2346`);
  assert.deepEqual([earlier.length, earlier[0], earlier.at(-1)], [5_000, 'planning-L2346', 'planning-L7345']);
  assert.deepEqual((await lineIds(`/runs/${id}?phase=planning&from=1`)).slice(0, 1), ['planning-L1']);
});

test('line numbers hold when lines are split over chunks', async () => {
  const text = Array.from({ length: 6_000 }, (_, index) => `line ${index + 1}\n`).join('');
  const chunks = Array.from({ length: Math.ceil(text.length / 97) }, (_, index) =>
    text.slice(index * 97, index * 97 + 97),
  );
  const id = await seedLoggedRun(chunks);
  for (const from of [1, 2, 500, 999, 1_001, 5_990]) {
    const html = await (await get(`/runs/${id}?phase=planning&from=${from}`)).text();
    const first = /<code id="planning-L(\d+)"[^>]*>line (\d+)<\/code>/.exec(html);
    assert.deepEqual([first?.[1], first?.[2]], [String(from), String(from)]);
  }
});

test('wishes for lines that do not exist are taken as none', async () => {
  const id = await seedLoggedRun(['one\ntwo\n']);
  for (const query of [
    'from=-1',
    'from=0',
    'from=1e9',
    'from=%00',
    'from=99999999999999999',
    'phase=nothing&from=1',
    `phase=planning&from=${'9'.repeat(10_000)}`,
  ]) {
    assert.deepEqual(
      await lineIds(`/runs/${id}?phase=planning&${query}`),
      ['planning-L1', 'planning-L2'],
      query.slice(0, 40),
    );
  }
  assert.deepEqual(await lineIds(`/runs/${id}?phase=planning&from=1000000`), ['planning-L2']);
});

test('over a line of more than 4 MiB, the links of the gaps lead to every line', async () => {
  const id = await seedLoggedRun([
    'one\ntwo\nthree\n',
    ...Array.from({ length: 70 }, () => 'x'.repeat(65_536)),
    '\nfive\n',
  ]);
  for (const from of ['', '?phase=planning&from=1', '?phase=planning&from=4']) {
    const seen: string[] = [];
    for (let next = [`/runs/${id}${from}`]; next.length > 0; ) {
      const parts = await Promise.all(next.map(linesAndGaps));
      assert.ok(
        parts.every(({ ids }) => ids.length > 0),
        next.join(' '),
      );
      seen.push(...parts.flatMap(({ ids }) => ids));
      next = parts.flatMap(({ gaps }) => gaps);
    }
    assert.deepEqual(
      seen.sort(),
      [1, 2, 3, 4, 5].map((number) => `planning-L${number}`),
    );
  }
});

test('one line of 20 megabytes makes a small page', async () => {
  const id = await seedLoggedRun(Array.from({ length: 320 }, () => Buffer.alloc(65_536, 'y')));
  const html = await (await get(`/runs/${id}`)).text();
  assert.ok(html.length < 100_000, `${html.length} characters`);
  assert.match(html, /more characters, in the downloaded log/);
});
