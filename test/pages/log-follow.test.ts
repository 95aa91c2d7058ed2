import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { eventually } from '../support/patience.ts';
import { appendLines, chosenLines, inSight, type LogStage, numberedLines, openLogStage } from './log-stage.ts';
import { seedLog } from './seed.ts';
import { announceLog } from './watching.ts';

let stage: LogStage;
before(async () => {
  stage = await openLogStage();
});
after(() => stage.close());

async function openRunning(lines: number) {
  const id = await stage.seedLogged(numberedLines(lines), 'running');
  return { id, ...(await stage.open(`/runs/${id}`)) };
}

/** Not by `waitForFunction`, which evaluates a text within the page where it is not true at once: the page forbids that. */
async function untilTrue(page: Page, expression: string): Promise<void> {
  await eventually(expression, async () => (await page.evaluate<boolean>(expression)) || undefined);
}

test('the end stays in sight while lines come, until the reader scrolls up; a button leads back', async () => {
  const { page, complaints, close } = await openRunning(200);
  await page.keyboard.press('f');
  assert.equal(await inSight(page, 'planning-L200'), true);
  await appendLines(page, 201, 260);
  assert.equal(await inSight(page, 'planning-L260'), true);
  await page.mouse.move(700, 400);
  await page.mouse.wheel(0, -600);
  await untilTrue(page, `document.getElementById('planning-L260').getBoundingClientRect().top > innerHeight`);
  const place = await page.evaluate<number>('scrollY');
  await appendLines(page, 261, 290);
  await appendLines(page, 291, 297);
  assert.equal(await page.evaluate('scrollY'), place);
  await page.getByRole('button', { name: '↓ 37 new lines' }).click();
  assert.equal(await inSight(page, 'planning-L297'), true);
  assert.equal(await page.locator('.follow').isVisible(), false);
  await appendLines(page, 298, 400);
  assert.equal(await inSight(page, 'planning-L400'), true);
  assert.equal(await page.locator('#planning .total').innerText(), '400 lines');
  assert.deepEqual(complaints, []);
  await close();
});

test('scrolling back to the end follows again', async () => {
  const { page, close } = await openRunning(300);
  await appendLines(page, 301, 310);
  await page.getByRole('button', { name: '↓ 10 new lines' }).waitFor();
  await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)');
  await page.locator('.follow').waitFor({ state: 'hidden' });
  await appendLines(page, 311, 380);
  assert.equal(await inSight(page, 'planning-L380'), true);
  await close();
});

test('appended lines stand in blocks of 500, without gap or double, and the last one may grow', async () => {
  const { page, close } = await openRunning(700);
  await appendLines(page, 690, 1_400);
  await appendLines(page, 1_401, 1_401);
  await page.evaluate(
    `import(document.querySelector('script[src$="/zenfra.js"]').src.replace('zenfra.js', 'log.js')).then((log) => log.appendLines('planning', 1401, '<code id="planning-L1401" data-n="1401">grown</code>'))`,
  );
  assert.equal(await page.locator('#planning-L1401').innerText(), 'grown');
  assert.deepEqual(
    await page.locator('#planning-log pre').evaluateAll((blocks) => blocks.map((block) => block.childElementCount)),
    [500, 500, 401],
  );
  assert.equal(await page.locator('#planning-log pre.whole').count(), 2);
  await close();
});

test('a hole before what is appended becomes a link to what it lacks', async () => {
  const { id, page, complaints, close } = await openRunning(100);
  await appendLines(page, 301, 400);
  await seedMore(id, 400);
  await page.getByText('Show earlier lines (200 lines between)').click();
  await page.locator('#planning-L101').waitFor({ state: 'attached' });
  assert.equal(await page.locator('#planning-log code').count(), 400);
  assert.deepEqual(complaints, []);
  await close();
});

test('new lines leave what was loaded, chosen and searched', async () => {
  const id = await stage.seedLogged(numberedLines(6_000), 'running');
  const { page, complaints, close } = await stage.open(`/runs/${id}#planning-L500`);
  await page.locator('#planning-L500').waitFor({ state: 'visible' });
  await page.getByLabel('Search the log of Planning').fill('line 500');
  await page.getByLabel('Search the log of Planning').press('Enter');
  await page.getByText('1 / 11').waitFor();
  await page.evaluate('document.activeElement.blur()');
  await seedMore(id, 6_100);
  await announceLog(stage.base, id);
  await page.locator('#planning-L6100').waitFor({ state: 'attached' });
  assert.equal(await page.getByText('Show earlier lines (399 lines before this)').count(), 1);
  assert.deepEqual(await chosenLines(page), ['planning-L500']);
  assert.equal(await page.getByText('1 / 11').isVisible(), true);
  assert.equal(await page.locator('#planning-L500.now').count(), 1);
  assert.equal(await page.locator('#planning .total').innerText(), '6,100 lines');
  assert.deepEqual(complaints, []);
  await close();
});

/** The whole log anew, now of so many lines. */
async function seedMore(id: string, to: number) {
  await stage.base.db.transaction().execute(async (trx) => {
    await trx.deleteFrom('log_chunks').where('run_id', '=', id).execute();
    await seedLog(trx, { runId: id, phase: 'planning' }, numberedLines(to));
  });
}

test('hostile bytes raise no dialog and ask for nothing', async () => {
  const id = await stage.seedLogged([
    '</code></pre></section><script>alert(1)</script><img src=x onerror=alert(2)>\n',
    '\u001b]8;;javascript:alert(3)\u0007click\u001b]8;;\u0007 \u001b]52;c;cm0=\u0007\u001b[2J\u001b]0;title\u0007\n',
    'http://evil.example/"onmouseover="alert(4) <svg onload=alert(5)> \u202egnp.exe \u0000\n',
    Buffer.from([0xff, 0xfe, 0xc3, 0x28, 0x0a]),
  ]);
  const hash = '#planning-L1-L3';
  const { page, complaints, close } = await stage.open(`/runs/${id}${hash}`);
  await page.getByLabel('Search the log of Planning').fill('<img src=x onerror=alert(6)>');
  await page.keyboard.press('Enter');
  await page.getByText('No hit').waitFor();
  await page.getByLabel('Search the log of Planning').fill('<SVG');
  await page.keyboard.press('Enter');
  await page.getByText('1 / 1').waitFor();
  await page.locator('#planning-L3').hover();
  await page.locator('#planning-L2').getByText('click').click();
  await page.evaluate(`location.hash = '#planning-L1-L99999999999'`);
  await untilTrue(page, `document.querySelectorAll('.on').length === 4`);
  await page.evaluate(`location.hash = '#<img src=x onerror=alert(7)>'`);
  await untilTrue(page, `document.querySelectorAll('.on').length === 0`);
  await page.goto(`${stage.url}/runs/${id}/logs/planning/search?q=${encodeURIComponent('<img')}`);
  assert.equal(await page.locator('.log code').count(), 1);
  assert.deepEqual(complaints, []);
  await close();
});
