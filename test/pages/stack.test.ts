import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { Permission } from '../../src/run/checks.ts';
import type { RunPolicy } from '../../src/run/policy.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { openPages, type Seeded, seedRun, seedStack, textOf } from './seed.ts';

let base: TestDatabase;
let stack: Seeded;
let address: string;

before(async () => {
  base = await createTestDatabase();
  stack = await seedStack(base.db);
  address = `/stacks/${stack.stackId}`;
  for (let index = 0; index < 60; index += 1) {
    await seedRun(stack, {
      type: index % 2 === 0 ? 'tracked' : 'plan_only',
      triggered_by: index % 3 === 0 ? 'lee' : 'kim',
      status: 'finished',
      engine: 'tofu',
      engine_version: '1.10.6',
      add_count: 2,
      change_count: 1,
      destroy_count: 0,
      started_at: new Date('2026-02-19T16:15:38Z'),
      ended_at: new Date('2026-02-19T16:17:25Z'),
    });
  }
});
after(() => base.drop());

async function get(path: string, level: Permission = 'admin') {
  const response = await openPages(base.db, { level }).app.request(path);
  const html = await response.text();
  const numbers = [...html.matchAll(/<tr id="run-(\d+)">/g)].map((match) => Number(match[1]));
  return { status: response.status, html, numbers, text: textOf(html) };
}

function linkTo(html: string, label: string): string | undefined {
  return new RegExp(`<a class="btn sm" rel="(?:prev|next)" href="([^"]+)">${label}</a>`)
    .exec(html)?.[1]
    ?.replaceAll('&amp;', '&');
}

test('the Runs tab has the columns of the product’s description, in order', async () => {
  const { html } = await get(address);
  const heads = [...html.matchAll(/<th[^>]*>([^<]+)<\/th>/g)].map((match) => match[1]?.trim());
  assert.deepEqual(heads, ['Status', 'Changes', 'IAC', 'Started', 'Duration', 'Triggered By', 'Actions']);
});

test('a row says how the run ended, what it changed, with what, when, how long, by whom', async () => {
  const { text } = await get(address);
  assert.match(
    text,
    /Finished \+2 ~1 -0 OpenTofu 1\.10\.6 .*? 01:47 kim Plan Only · push touched infra\/network\/main\.tf View run #60/,
  );
});

test('pages follow each other without gap or double, there and back', async () => {
  const seen: number[] = [];
  let path: string | undefined = `${address}?per_page=10`;
  let last = path;
  while (path) {
    const page = await get(path);
    seen.push(...page.numbers);
    last = path;
    path = linkTo(page.html, 'Older ›');
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 60 }, (_, index) => 60 - index),
  );
  const back: number[] = [];
  for (let at: string | undefined = last; at; ) {
    const page = await get(at);
    back.unshift(...page.numbers);
    at = linkTo(page.html, '‹ Newer');
  }
  assert.deepEqual(back, seen);
});

test('the filter by triggered by shows that person’s runs alone and is kept from page to page', async () => {
  const page = await get(`${address}?by=lee&per_page=10`);
  assert.deepEqual(page.numbers, [58, 55, 52, 49, 46, 43, 40, 37, 34, 31]);
  assert.match(linkTo(page.html, 'Older ›') ?? '', /by=lee&per_page=10&before=31$/);
  assert.match(page.html, /<option value="lee" selected="">lee<\/option>/);
  assert.match(page.text, /20 runs/);
  const typed = await get(`${address}?by=lee&type=plan_only&status=finished`);
  assert.ok(typed.numbers.length > 0 && typed.numbers.every((number) => number % 2 === 0));
});

test('a filter that nothing matches says so and leads back', async () => {
  assert.match((await get(`${address}?by=nobody`)).text, /No run matches this filter\. Show all runs/);
});

test('numbers out of range are clamped', async () => {
  const sizes: [string, number][] = [
    ['-1', 10],
    ['0', 10],
    ['11', 25],
    ['1e9', 60],
    ['100', 60],
    ['abc', 25],
    ['', 25],
    ['NaN', 25],
  ];
  for (const [size, rows] of sizes) {
    const page = await get(`${address}?page=-1&per_page=${size}`);
    assert.deepEqual([page.status, page.numbers.length], [200, rows], size);
  }
  for (const cursor of [
    'before=-5',
    'before=abc',
    'before=1e99',
    'after=%00',
    'before=99999999999999999999',
    `after=${'9'.repeat(10_000)}`,
  ]) {
    const page = await get(`${address}?${cursor}`);
    assert.deepEqual([page.status, page.numbers[0]], [200, 60], cursor.slice(0, 30));
  }
  assert.deepEqual((await get(`${address}?before=1`)).numbers, []);
});

test('of a parameter that comes twice the first counts, and odd spellings of numbers are clamped', async () => {
  for (const [query, rows] of [
    ['per_page=10&per_page=1e9', 10],
    ['per_page=Infinity', 60],
    ['per_page=-Infinity', 10],
    ['per_page=1e-400', 10],
    ['per_page=0x10', 25],
    ['per_page=%20%2010%20', 10],
    ['per_page=%D9%A1%D9%A0', 25],
    ['per_page[]=10&per_page.=1&__proto__=1&constructor=x', 25],
    ['by=lee&by=%00', 20],
    ['status=finished&status=nonsense&per_page=100', 60],
    [`${'x=y&'.repeat(5_000)}per_page=10`, 10],
    [`per_page=${'1'.repeat(10_000)}`, 60],
  ] as const) {
    const page = await get(`${address}?${query}`);
    assert.deepEqual([page.status, page.numbers.length], [200, rows], query.slice(0, 40));
  }
});

test('filters that no run can have are refused', async () => {
  for (const query of [
    'by=%00',
    'by=a%00b',
    `by=${'a'.repeat(10_000)}`,
    'by=%3Cscript%3E',
    'status=nonsense',
    'type=__proto__',
    'status=%00',
    'by=%',
    'by=%ED%A0%80',
    'by=lee%0d%0aSet-Cookie:x',
    'by=%E2%80%AElee',
    'by=lee%27--&type=tracked',
    'type=tracked%20',
    'type=TRACKED',
  ]) {
    const page = await get(`${address}?${query}`);
    assert.equal(page.status, 400, query.slice(0, 40));
    assert.doesNotMatch(page.html, /<script>/);
  }
});

test('the Trigger menu has the three types and asks for the name before a destroy', async () => {
  const { html, text } = await get(address);
  assert.match(text, /Trigger Plan & Apply \(Tracked\) Plans changes, waits for manual approval, then applies\./);
  assert.match(text, /Plan Only Plans changes for review without applying them\./);
  assert.match(
    text,
    /Type network-prod to confirm Destroy Plans and applies the destruction of all resources managed by the stack\./,
  );
  assert.equal(html.match(/<form method="post" action="\/stacks/g)?.length, 3);
});

test('the Trigger menu says which plans nobody is asked about', async () => {
  const said = async (definition: Partial<RunPolicy>) => {
    const { stackId } = await seedStack(base.db, `by-itself-${Object.values(definition).join('-')}`);
    await base.db
      .updateTable('stacks')
      .set({ definition: JSON.stringify(definition) })
      .where('id', '=', stackId)
      .execute();
    return (await get(`/stacks/${stackId}`)).text;
  };
  assert.match(
    await said({ autoApply: 'always' }),
    /\(Tracked\) Plans changes and applies them by itself.* Nobody is asked\./,
  );
  const guarded = /\(Tracked\) .* what deletes or replaces something waits for manual approval\./;
  assert.match(await said({ autoApply: 'no_destroy' }), guarded);
  assert.match(await said({ autoApply: 'always', protectDestroy: true }), guarded);
});

test('who may write but not administer cannot trigger a destroy', async () => {
  const { html, text } = await get(address, 'write');
  assert.equal(html.match(/<form method="post" action="\/stacks/g)?.length, 2);
  assert.match(text, /Needs admin permission on the repository\./);
});

test('who may only read finds no Trigger menu', async () => {
  const { html, text } = await get(address, 'read');
  assert.doesNotMatch(html, /id="trigger"/);
  assert.match(text, /here by whoever has write permission/);
});

test('a stack without runs says how to get one', async () => {
  const empty = await seedStack(base.db, 'empty', 'infra/empty');
  const { text } = await get(`/stacks/${empty.stackId}`);
  assert.match(text, /No runs yet Open a pull request that changes something under infra\/empty/);
});

test('a removed stack keeps its page', async () => {
  const gone = await seedStack(base.db, 'gone', 'infra/gone');
  await base.db.updateTable('stacks').set({ removed_at: new Date() }).where('id', '=', gone.stackId).execute();
  const { html, text } = await get(`/stacks/${gone.stackId}`);
  assert.match(text, /not in zenfra\.yml any more/);
  assert.doesNotMatch(html, /method="post" action="\/stacks/);
});

test('unknown stacks are not found', async () => {
  for (const id of [randomUUID(), '1', '%00', 'x'.repeat(5_000)])
    assert.equal((await get(`/stacks/${id}`)).status, 404);
});
