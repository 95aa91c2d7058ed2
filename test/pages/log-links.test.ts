import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chosenLines, inSight, type LogStage, numberedLines, openLogStage } from './log-stage.ts';

let stage: LogStage;
before(async () => {
  stage = await openLogStage();
});
after(() => stage.close());

test('a click on a line’s number sets the address, copies the link and opens nothing', async () => {
  const id = await stage.seedLogged(numberedLines(50));
  const { page, complaints, close } = await stage.open(`/runs/${id}#planning`);
  const number = { position: { x: 10, y: 10 } };
  await page.locator('#planning-L7').click(number);
  assert.equal(await page.evaluate('location.hash'), '#planning-L7');
  assert.deepEqual(await chosenLines(page), ['planning-L7']);
  await page.getByText('Link copied').waitFor();
  assert.equal(await page.evaluate('navigator.clipboard.readText()'), `${stage.url}/runs/${id}#planning-L7`);
  await page.locator('#planning-L4').click({ ...number, modifiers: ['Shift'] });
  assert.equal(await page.evaluate('location.hash'), '#planning-L4-L7');
  await page.locator('#planning-L9').click({ ...number, modifiers: ['Shift'] });
  assert.equal(await page.evaluate('location.hash'), '#planning-L7-L9');
  assert.deepEqual(await chosenLines(page), ['planning-L7', 'planning-L8', 'planning-L9']);
  assert.deepEqual(complaints, []);
  await close();
});

test('by keyboard the arrows lead from line to line, and Enter makes the link', async () => {
  const id = await stage.seedLogged(numberedLines(700));
  const { page, complaints, close } = await stage.open(`/runs/${id}#planning-L499`);
  await page.locator('#planning-L499.on').waitFor();
  const focused = () => page.evaluate<string>('document.activeElement.closest("code")?.id');
  await page.locator('#planning-log').focus();
  await page.keyboard.press('ArrowDown');
  assert.equal(await focused(), 'planning-L499');
  for (const key of ['ArrowDown', 'ArrowDown', 'ArrowUp', 'ArrowDown']) await page.keyboard.press(key);
  assert.equal(await focused(), 'planning-L501', 'the next block begins there');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate('location.hash'), '#planning-L501');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Shift+Enter');
  assert.equal(await page.evaluate('location.hash'), '#planning-L501-L502');
  assert.equal(await inSight(page, 'planning-L502'), true);
  assert.deepEqual(complaints, []);
  await close();
});

test('a link to lines opens their phase, shows and highlights them', async () => {
  const id = await stage.seedLogged(numberedLines(300));
  const { page, close } = await stage.open(`/runs/${id}#planning-L120-L122`);
  await page.locator('#planning-L120').waitFor({ state: 'visible' });
  assert.deepEqual(await chosenLines(page), ['planning-L120', 'planning-L121', 'planning-L122']);
  assert.equal(await inSight(page, 'planning-L120'), true);
  await close();
});

test('a link to a line that the page lacks loads the part that has it', async () => {
  const id = await stage.seedLogged(numberedLines(12_345));
  const { page, complaints, close } = await stage.open(`/runs/${id}#planning-L120-L121`);
  await page.locator('#planning-L120').waitFor({ state: 'visible' });
  assert.deepEqual(await chosenLines(page), ['planning-L120', 'planning-L121']);
  assert.equal(await inSight(page, 'planning-L120'), true);
  const gaps = page.locator('#planning .more a');
  assert.deepEqual(await gaps.allInnerTexts(), [
    'Show earlier lines (19 lines before this)',
    'Show earlier lines (2,326 lines between)',
  ]);
  await page.locator('#planning-L5019').waitFor({ state: 'attached' });
  assert.deepEqual(complaints, []);
  await close();
});

test('earlier lines come in place, and what is read stays where it is', async () => {
  const id = await stage.seedLogged(numberedLines(12_345));
  const { page, complaints, close } = await stage.open(`/runs/${id}`);
  await page.locator('#planning summary').click();
  const place = () => page.evaluate<number>(`document.getElementById('planning-L7346').getBoundingClientRect().top`);
  const before = await place();
  await page.getByText('Show earlier lines (7,345 lines before this)').click();
  await page.locator('#planning-L2346').waitFor({ state: 'attached' });
  assert.ok(Math.abs((await place()) - before) < 2, `${before} became ${await place()}`);
  await page.evaluate(`document.querySelector('#planning-log').scrollIntoView()`);
  await page.getByText('Show earlier lines (2,345 lines before this)').click();
  await page.locator('#planning-L1').waitFor({ state: 'attached' });
  assert.equal(await page.locator('#planning .more').count(), 0);
  const numbers = await page.evaluate<number[]>(
    `[...document.querySelectorAll('#planning-log code')].map((line) => Number(line.id.split('-L')[1]))`,
  );
  assert.deepEqual(
    numbers,
    Array.from({ length: 12_345 }, (_, index) => index + 1),
  );
  assert.deepEqual(complaints, []);
  await close();
});

test('Load all brings the whole log, and blocks out of sight have the height of their lines', async () => {
  const id = await stage.seedLogged(numberedLines(21_000));
  const { page, complaints, close } = await stage.open(`/runs/${id}`);
  await page.locator('#planning summary').click();
  await page.getByRole('button', { name: 'Load all' }).click();
  await page.locator('#planning-L1').waitFor({ state: 'attached' });
  assert.equal(await page.locator('#planning-log code').count(), 21_000);
  const heights = await page
    .locator('#planning-log pre')
    .evaluateAll((blocks) => [
      ...new Set(blocks.map((block) => (block as unknown as { offsetHeight: number }).offsetHeight)),
    ]);
  assert.deepEqual(heights, [10_000]);
  assert.deepEqual(complaints, []);
  await close();
});

test('without scripts links lead to a page that has the line, and it looks chosen', async () => {
  const id = await stage.seedLogged(numberedLines(12_345));
  const off = { javaScriptEnabled: false };
  const { page, close } = await stage.open(`/runs/${id}?phase=planning&from=100#planning-L120`, off);
  const line = page.locator('#planning-L120');
  assert.equal(await line.isVisible(), true);
  const color = (element: string) =>
    page
      .locator(element)
      .evaluate((found) => (globalThis as unknown as Painted).getComputedStyle(found).backgroundColor);
  assert.notEqual(await color('#planning-L120'), await color('#planning-L121'));
  assert.equal(await page.locator('.js').filter({ visible: true }).count(), 0);
  await page.getByPlaceholder('Search').filter({ visible: true }).fill('line 1234');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: '7 lines found' }).waitFor();
  await page.getByRole('link', { name: '12340', exact: true }).click();
  await page.waitForURL(/from=12320#planning-L12340$/);
  assert.equal(await page.locator('#planning-L12340').isVisible(), true);
  await close();
});

interface Painted {
  getComputedStyle(element: unknown): { backgroundColor: string };
}
