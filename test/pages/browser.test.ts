import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openBrowserStage, openEverything } from './browser-stage.ts';
import { seedVersion } from './seed.ts';
import { stateOfZone } from './showcase-texts.ts';
import { announceLog } from './watching.ts';

const stage = await openBrowserStage({ after });
const { base, world, url, asked, open, addresses } = stage;

for (const width of [1440, 390]) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`no page breaks its policy, asks elsewhere or is wider than ${width} pixels, in ${colorScheme}`, async () => {
      for (const path of addresses()) {
        const { page, complaints, close } = await open(path, { colorScheme, width });
        await openEverything(page);
        assert.deepEqual(complaints, [], path);
        const excess = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
        assert.ok(excess <= 0, `${path} is ${excess} pixels too wide`);
        await close();
      }
    });
  }
}

test('without scripts a phase is unfolded by a click, and no dead button shows', async () => {
  const { page, close } = await open(`/runs/${world.finished}`, { javaScriptEnabled: false });
  const line = page.locator('#applying-L1');
  assert.equal(await line.isVisible(), false);
  await page.locator('#applying summary').click();
  assert.match(await line.innerText(), /terraform_data\.api: Creating\.\.\./);
  assert.equal(await page.locator('[data-copy], [data-copy-from]').filter({ visible: true }).count(), 0);
  await close();
});

test('Copy logs puts the phase’s log on the clipboard, without colour codes', async () => {
  const { page, complaints, close } = await open(`/runs/${world.failed}`);
  await page.locator('#planning').getByRole('button', { name: 'Copy logs' }).click();
  await page.locator('#planning').getByRole('button', { name: 'Copied' }).waitFor();
  const copied = await page.evaluate<string>('navigator.clipboard.readText()');
  assert.match(copied, /^╷\n│ Error: Unsupported argument\n│ {3}on main\.tf line 12/);
  assert.deepEqual(complaints, []);
  await close();
});

test('a running page follows the run in place and keeps what the reader unfolded', async () => {
  const { page, complaints, close } = await open(`/runs/${world.running}`);
  await page.locator('#preparing summary').click();
  const chunk = { run_id: world.running, phase: 'planning' as const, seq: 2, first_line: 2, lines: 1 };
  await base.db
    .insertInto('log_chunks')
    .values({ ...chunk, bytes: Buffer.from('a line that came later\n') })
    .execute();
  await announceLog(base, world.running);
  await page.getByText('a line that came later').waitFor();
  await base.db
    .updateTable('run_phases')
    .set({ ended_at: new Date(), outcome: 'succeeded' })
    .where('run_id', '=', world.running)
    .where('ended_at', 'is', null)
    .execute();
  await base.db
    .updateTable('runs')
    .set({ status: 'finished', ended_at: new Date() })
    .where('id', '=', world.running)
    .execute();
  await page.locator('h1 .status.ok').waitFor();
  assert.match(await page.title(), /^Finished · dns-prod/);
  assert.equal(await page.locator('#preparing details').getAttribute('open'), '');
  assert.equal(await page.locator('#preparing-L1').isVisible(), true);
  assert.equal(await page.locator('main').getAttribute('data-refresh'), null);
  assert.deepEqual(complaints, []);
  await close();
});

test('a link to a line opens its phase', async () => {
  const { page, close } = await open(`/runs/${world.finished}#initializing-L3`);
  await page.locator('#initializing-L3').waitFor({ state: 'visible' });
  assert.equal(await page.locator('#initializing-L3').evaluate((line) => line.matches(':target')), true);
  await close();
});

test('the chips show one kind of change at a time', async () => {
  const { page, close } = await open(`/runs/${world.waiting}`, { javaScriptEnabled: false });
  await page.getByText('destroy 1', { exact: true }).click();
  assert.deepEqual(
    await page.locator('.changes .change').filter({ visible: true }).locator('.line code').allInnerTexts(),
    ['aws_db_instance.legacy'],
  );
  await close();
});

test('the filter acts when it is chosen', async () => {
  const { page, close } = await open(`/stacks/${world.stackId}`);
  await page.getByLabel('Triggered by').selectOption('lee');
  await page.waitForURL(/by=lee/);
  assert.deepEqual(
    new Set(await page.locator('.who').evaluateAll((cells) => cells.map((cell) => cell.firstChild?.textContent))),
    new Set(['lee']),
  );
  await close();
});

test('a press of Approve in a real browser passes the check of its origin', async () => {
  const { page, complaints, close } = await open(`/runs/${world.waiting}`);
  await page.getByRole('button', { name: 'Approve and apply' }).click();
  await page.getByText('Approved. The apply starts as soon as a worker is free.').waitFor();
  assert.equal(asked.at(-1)?.verb, 'approve');
  assert.deepEqual(complaints, []);
  await close();
});

test('a state is imported through a real browser’s file form, and rolled back by a button', async () => {
  const { page, complaints, close } = await open(`/stacks/${world.emptyStackId}/state`, { javaScriptEnabled: false });
  const file = { name: 'terraform.tfstate', mimeType: 'application/octet-stream', buffer: Buffer.from(stateOfZone(2)) };
  await page.getByLabel('State file').setInputFiles(file);
  await page.getByRole('button', { name: 'Import state' }).click();
  await page.getByText('Imported. Plan now: it should find no changes.').waitFor();
  await seedVersion({ db: base.db, stackId: world.emptyStackId }, { text: stateOfZone(5) });
  await page.goto(`${url}/stacks/${world.emptyStackId}/state`);
  await page.getByRole('link', { name: 'Roll back… serial 2' }).click();
  await page.getByRole('button', { name: 'Roll back to serial 2' }).click();
  await page.locator('#serial-6').getByText('Rolled back to serial 2').waitFor();
  assert.deepEqual(complaints, []);
  await close();
});
