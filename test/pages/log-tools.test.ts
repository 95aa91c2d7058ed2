import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { until } from '../../src/sandbox/story/until.ts';
import { chosenLines, inSight, type LogStage, numberedLines, openLogStage } from './log-stage.ts';

let stage: LogStage;
before(async () => {
  stage = await openLogStage();
});
after(() => stage.close());

const esc = '\u001b[';

test('a search shows how many lines have the text and goes from one to the next, wherever they are', async () => {
  const id = await stage.seedLogged(
    numberedLines(12_000, (number) => (number % 5_000 === 7 ? `a ${esc}1mnee${esc}31mdle${esc}0m ${number}` : 'hay')),
  );
  const { page, complaints, close } = await stage.open(`/runs/${id}#planning`);
  const field = page.getByLabel('Search the log of Planning');
  await field.fill('NEEDLE');
  await field.press('Enter');
  await page.getByText('1 / 3').waitFor();
  await page.locator('#planning-L7.now').waitFor();
  assert.equal(await inSight(page, 'planning-L7'), true);
  assert.deepEqual(await page.evaluate(`[...CSS.highlights.get('hit')].length`), 2);
  await page.getByLabel('Next hit').click();
  await page.locator('#planning-L5007.now').waitFor();
  await field.press('Enter');
  await page.getByText('3 / 3').waitFor();
  await field.press('Enter');
  await page.getByText('1 / 3').waitFor();
  await field.press('Shift+Enter');
  await page.locator('#planning-L10007.now').waitFor();
  assert.equal(await inSight(page, 'planning-L10007'), true);
  await field.fill('nothing of the kind');
  await field.press('Enter');
  await page.getByText('No hit').waitFor();
  await field.press('Enter');
  assert.equal(await page.getByText('No hit').count(), 1);
  assert.equal(await page.locator('.hit').count(), 0);
  assert.deepEqual(complaints, []);
  await close();
});

test('Jump to first error leads there', async () => {
  const id = await stage.seedLogged([
    `${esc}31m│${esc}0m ${esc}31mError: ${esc}0mbroken\n`,
    ...numberedLines(9_000, (number) => `line ${number}`),
    'Error: later\n',
  ]);
  const { page, complaints, close } = await stage.open(`/runs/${id}#planning`);
  await page.getByText('Jump to first error').click();
  await page.locator('#planning-L1').waitFor({ state: 'visible' });
  assert.deepEqual(await chosenLines(page), ['planning-L1']);
  assert.equal(await inSight(page, 'planning-L1'), true);
  assert.deepEqual(complaints, []);
  await close();
});

test('timestamps and wrapping are switched by button or key, for all phases, and remembered', async () => {
  const id = await stage.seedLogged(['short\n', `${'long '.repeat(200)}\n`]);
  const { page, complaints, close } = await stage.open(`/runs/${id}#planning`);
  const wide = () =>
    page.evaluate(
      `document.querySelector('#planning-log').scrollWidth > document.querySelector('#planning-log').clientWidth`,
    );
  assert.equal(await wide(), true);
  await page.getByRole('button', { name: 'Wrap' }).click();
  assert.equal(await page.getByRole('button', { name: 'Wrap' }).getAttribute('aria-pressed'), 'true');
  assert.equal(await wide(), false);
  await page.keyboard.press('t');
  assert.match((await page.locator('#planning-L2').getAttribute('data-time')) ?? '', /^\d\d:\d\d:\d\d$/);
  await page.reload();
  assert.equal(await wide(), false);
  assert.equal(await page.getByRole('button', { name: 'Timestamps' }).getAttribute('aria-pressed'), 'true');
  assert.match((await page.locator('#planning-L2').getAttribute('data-time')) ?? '', /^\d\d:\d\d:\d\d$/);
  assert.deepEqual(complaints, []);
  await close();
});

test('line numbers stay whole: with times, wrapped, on a telephone, and beside a long line of another block', async () => {
  const long = (number: number) => (number === 900 ? 'long '.repeat(200) : `line ${number}`);
  const id = await stage.seedLogged(numberedLines(1_200, long));
  const { page, close } = await stage.open(`/runs/${id}#planning-L1`, { width: 390 });
  await page.locator('#planning-L900').scrollIntoViewIfNeeded();
  // Blocks that come into sight are laid out, and all are as wide then.
  const widths = () =>
    page
      .locator('#planning-log pre')
      .evaluateAll((blocks) => blocks.map((block) => (block as unknown as { offsetWidth: number }).offsetWidth));
  await until(AbortSignal.timeout(30_000), {
    expected: 'all blocks to be as wide as the long line',
    look: async () => (await widths()).every((width) => width > 1_000) || undefined,
    seen: async () => String(await widths()),
  });
  await page.keyboard.press('w');
  await page.keyboard.press('t');
  // The page cannot measure what the style sheet draws: as many characters in a line must fit into its box.
  const drawn = await page.evaluate<{ style: string; fits: number }>(`(() => {
    const line = document.getElementById('planning-L1200');
    const number = getComputedStyle(line, '::before');
    const ruler = line.appendChild(document.createElement('span'));
    ruler.style.position = 'absolute';
    ruler.textContent = '1234567  12:34:56';
    const fits = parseFloat(number.width) - parseFloat(number.paddingRight) - ruler.getBoundingClientRect().width;
    return { style: number.whiteSpace + ' ' + number.overflowWrap, fits };
  })()`);
  assert.equal(drawn.style, 'pre normal');
  assert.ok(drawn.fits >= 0, String(drawn.fits));
  await close();
});

test('wrapping leaves what is read in sight', async () => {
  const id = await stage.seedLogged(numberedLines(2_000, (number) => `${number} ${'long '.repeat(60)}`));
  const { page, close } = await stage.open(`/runs/${id}#planning-L1000`);
  await page.locator('#planning-L1000.on').waitFor();
  await page.evaluate(`document.getElementById('planning-L1000').scrollIntoView({ block: 'center' })`);
  for (const _ of ['wrap', 'and back']) {
    await page.keyboard.press('w');
    assert.equal(await inSight(page, 'planning-L1000'), true);
  }
  await close();
});

test('keys move between the phases, unfold and fold them, search and help', async () => {
  const id = await stage.seedLogged(numberedLines(3));
  const { page, complaints, close } = await stage.open(`/runs/${id}`);
  const unfolded = () => page.locator('.timeline details[open]').count();
  const focused = () => page.evaluate<string>(`document.activeElement.closest('li')?.id`);
  await page.keyboard.press('E');
  assert.equal(await unfolded(), 0);
  await page.keyboard.press('e');
  assert.equal(await unfolded(), await page.locator('.timeline details').count());
  await page.keyboard.press('j');
  const first = await focused();
  await page.keyboard.press('j');
  assert.notEqual(await focused(), first);
  await page.keyboard.press('k');
  assert.equal(await focused(), first);
  await page.keyboard.press('/');
  assert.equal(await page.getByLabel('Search the log of Planning').evaluate((field) => field.matches(':focus')), true);
  await page.keyboard.type('jet?');
  assert.equal(await page.getByLabel('Search the log of Planning').inputValue(), 'jet?');
  await page.locator('#planning summary').focus();
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  await page.keyboard.press('Escape');
  assert.equal(await page.getByRole('dialog').count(), 0);
  await page.keyboard.press('Control+e');
  assert.deepEqual(complaints, []);
  await close();
});

test('keys can be switched off, and stay off', async () => {
  const id = await stage.seedLogged(numberedLines(3));
  const { page, complaints, close } = await stage.open(`/runs/${id}`);
  await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
  await page.getByLabel('Use these keys').uncheck();
  await page.getByRole('button', { name: 'Close' }).click();
  for (const _ of [1, 2]) {
    for (const key of ['e', 't', '?']) await page.keyboard.press(key);
    assert.equal(await page.locator('html.times').count(), 0);
    assert.equal(await page.getByRole('dialog').count(), 0);
    assert.equal(await page.locator('#planning details[open]').count(), 0);
    await page.reload();
  }
  await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
  await page.getByLabel('Use these keys').check();
  await page.getByRole('button', { name: 'Close' }).click();
  await page.keyboard.press('e');
  assert.equal(await page.locator('#planning details[open]').count(), 1);
  assert.deepEqual(complaints, []);
  await close();
});

test('Copy logs copies the text, Download logs saves the bytes', async () => {
  const id = await stage.seedLogged([`${esc}31mred${esc}0m\n`, 'plain\n']);
  const { page, close } = await stage.open(`/runs/${id}#planning`);
  await page.getByRole('button', { name: 'Copy logs' }).click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  assert.equal(await page.evaluate('navigator.clipboard.readText()'), 'red\nplain\n');
  await page.route('**/logs/planning.txt?view=plain', (route) =>
    route.fulfill({ status: 401, body: 'Sign in first.' }),
  );
  await page.getByRole('button', { name: 'Copy logs' }).click();
  await page.getByRole('button', { name: 'Not copied' }).waitFor();
  assert.equal(await page.evaluate('navigator.clipboard.readText()'), 'red\nplain\n');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download logs' }).click(),
  ]);
  assert.match(download.suggestedFilename(), /^network-prod-run-\d+-planning\.txt$/);
  assert.equal(await readFile(await download.path(), 'utf8'), `${esc}31mred${esc}0m\nplain\n`);
  await close();
});

test('pressed twice in a row, a button that copies is called as before in the end', async () => {
  const id = await stage.seedLogged(['plain\n']);
  const { page, close } = await stage.open(`/runs/${id}#planning`);
  await page.clock.install();
  const button = page.locator('#planning [data-copy-from]');
  for (let press = 0; press < 2; press += 1) {
    await page.evaluate(`document.querySelector('#planning [data-copy-from]').classList.remove('ok')`);
    await button.click();
    await page.locator('#planning .ok[data-copy-from]').waitFor();
    await page.clock.runFor(1000);
  }
  await page.clock.runFor(5000);
  assert.equal(await button.innerText(), 'Copy logs');
  await close();
});

test('the tools of a log stand in rows and reach nowhere beyond a telephone’s edge', async () => {
  const id = await stage.seedLogged(['Error: broken\n', ...numberedLines(12_000)]);
  const { page, close } = await stage.open(`/runs/${id}#planning`, { width: 390 });
  const boxes = await page
    .locator('#planning .tools :is(button, a, input, .total)')
    .filter({ visible: true })
    .evaluateAll((parts) =>
      parts.map((part) => {
        const { left, right, top, height } = (part as unknown as Boxed).getBoundingClientRect();
        return { left, right, row: Math.round(top + height / 2) };
      }),
    );
  const card = await page.locator('#planning .tools').boundingBox();
  assert.ok(card && boxes.every(({ left, right }) => left >= card.x && right <= card.x + card.width));
  assert.equal(new Set(boxes.map(({ row }) => Math.round(row / 8))).size, 3);
  await close();
});

interface Boxed {
  getBoundingClientRect(): { left: number; right: number; top: number; height: number };
}
