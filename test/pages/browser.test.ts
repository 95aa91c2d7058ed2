import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import type { Page } from 'playwright-core';
import { openBrowserStage, openEverything } from './browser-stage.ts';
import { planOf, resource, seedPlan, seedRun, seedStack, seedVersion } from './seed.ts';
import { known, stateOfZone } from './showcase-texts.ts';
import { announceLog, serveLive } from './watching.ts';

const stage = await openBrowserStage({ after });
const { base, world, url, asked, open } = stage;

test('without scripts a phase is unfolded by a click, and no dead button shows', async () => {
  const { page, close } = await open(`/runs/${world.finished}`, { javaScriptEnabled: false });
  const line = page.locator('#applying-L1');
  assert.equal(await line.isVisible(), false);
  await page.locator('#applying summary').click();
  assert.match(await line.innerText(), /terraform_data\.api: Creating\.\.\./);
  assert.equal(await page.locator('[data-copy], [data-copy-from]').filter({ visible: true }).count(), 0);
  await close();
});

test('a browser that knows no pairs of colours shows the light ones, and buttons that can be read', async () => {
  const context = await stage.browser.newContext({ colorScheme: 'dark' });
  const page = await context.newPage();
  await page.route('**/zenfra.css', async (route) => {
    const answer = await route.fetch();
    return route.fulfill({ response: answer, body: (await answer.text()).replaceAll('light-dark(', 'not-known(') });
  });
  await page.goto(`${url}/runs/${world.waiting}`);
  assert.deepEqual(await colorsOf(page, '.btn.go'), ['rgb(255, 255, 255)', 'rgb(31, 136, 61)']);
  assert.deepEqual(await colorsOf(page, 'body'), ['rgb(31, 35, 40)', 'rgb(246, 248, 250)']);
  await context.close();
});

function colorsOf(page: Page, selector: string): Promise<string[]> {
  const style = `getComputedStyle(document.querySelector(${JSON.stringify(selector)}))`;
  return page.evaluate<string[]>(`[${style}.color, ${style}.backgroundColor]`);
}

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
  await page.locator('main:not([data-refresh])').waitFor();
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
  assert.deepEqual(await shownChanges(page), ['aws_db_instance.legacy']);
  await close();
});

/** The addresses of the changes that can be seen. */
const shownChanges = (page: Page) =>
  page.locator('.changes .change').filter({ visible: true }).locator('.line code').allInnerTexts();

test('the changes are filtered while an address is typed; the filter is in the address and survives a reload', async () => {
  const { page, complaints, close } = await open(`/runs/${world.waiting}`);
  await page.getByLabel('Filter by address').pressSequentially('INSTANCE.w');
  assert.deepEqual(await shownChanges(page), ['aws_instance.worker', 'aws_instance.web']);
  await page.getByText('update 2', { exact: true }).click();
  assert.deepEqual(await shownChanges(page), ['aws_instance.web']);
  assert.equal(await page.evaluate('location.search'), '?address=INSTANCE.w&change=update');
  await page.reload();
  assert.deepEqual(await shownChanges(page), ['aws_instance.web']);
  await page.getByLabel('Filter by address').fill('nothing of the kind');
  assert.deepEqual(await shownChanges(page), []);
  assert.equal(await page.getByText('No change matches this filter.').isVisible(), true);
  await page.getByLabel('Filter by address').fill('');
  await page.getByText('All 6', { exact: true }).click();
  assert.equal((await shownChanges(page)).length, 6);
  assert.equal(await page.evaluate('location.search'), '');
  assert.deepEqual(complaints, []);
  await close();
});

test('without scripts the changes are filtered by the server', async () => {
  const { page, close } = await open(`/runs/${world.waiting}`, { javaScriptEnabled: false });
  await page.getByLabel('Filter by address').fill('legacy');
  await page.getByRole('button', { name: 'Filter' }).click();
  await page.waitForURL(/address=legacy/);
  assert.deepEqual(await shownChanges(page), ['aws_db_instance.legacy']);
  await close();
});

test('names and values from outside raise no dialog and ask for nothing', async () => {
  const evil = '"><img/src=x onerror=alert(1)><svg onload=alert(2)> \u202egnp';
  const stack = await seedStack(base.db, 'evil-prod', evil);
  const id = await seedRun(stack, {
    ...{ status: 'unconfirmed', branch: evil, commit_title: `</title><script>alert(3)</script>${evil}` },
    ...{ triggered_by: evil, trigger_reason: `javascript:alert(4) ${evil}`, ended_because: evil },
  });
  const attribute = { path: evil, before: known(evil), after: known(`</del>${evil}`), forcesReplacement: true };
  const resources = [resource(`a.${evil}`, 'delete'), resource(`b["${evil}"]`, 'replace', { attributes: [attribute] })];
  const actions = [{ address: evil, when: evil, resource: evil }];
  const failedChecks = [{ address: evil, status: 'fail' as const, problems: [evil] }];
  await seedPlan(stack, id, planOf(resources, { failedChecks, actions }));
  for (const path of [`/runs/${id}?address=${encodeURIComponent(evil)}`, `/stacks/${stack.stackId}`, '/']) {
    const { page, complaints, close } = await open(path);
    await openEverything(page);
    await page.evaluate(`for (const field of document.querySelectorAll('[type=search]')) field.focus()`);
    assert.equal(await page.locator('img, main svg[onload], main script').count(), 0, path);
    assert.deepEqual(complaints, [], path);
    await close();
  }
});

test('in the dark the page is dark', async () => {
  const { page, close } = await open('/', { colorScheme: 'dark' });
  assert.equal(await page.evaluate('getComputedStyle(document.body).backgroundColor'), 'rgb(13, 17, 23)');
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

test('a form that is older than the plan is refused, with what to do', async () => {
  const { page, close } = await open(`/runs/${world.waiting}`, { javaScriptEnabled: false });
  const newer = { id: randomUUID() };
  await base.db.updateTable('plans').set(newer).where('run_id', '=', world.waiting).execute();
  await page.getByRole('button', { name: 'Approve and apply' }).click();
  await page
    .getByText('This page was older than the run: the plan that it showed is not the one to decide on.')
    .waitFor();
  assert.ok(!asked.some(({ verb }) => verb === 'approve'));
  await close();
});

test('a press of Approve in a real browser passes the check of its origin', async () => {
  const { page, complaints, close } = await open(`/runs/${world.waiting}`);
  await page.getByRole('button', { name: 'Approve and apply' }).click();
  await page.getByText('You approved this plan. How far its apply has come is below.').waitFor();
  assert.equal(asked.at(-1)?.verb, 'approve');
  assert.deepEqual(complaints, []);
  await close();
});

test('the way back to a page whose button was pressed finds the button to be pressed', async () => {
  const { page, close } = await open(`/runs/${world.finished}`);
  await page.route('**/rerun', (route) => route.fulfill({ status: 204 }));
  await page.getByRole('button', { name: 'Re-run' }).click();
  await page.locator('form[action$="/rerun"] button:disabled').waitFor();
  // As a browser says it that keeps the page as it is; this one keeps none.
  await page.evaluate(`dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))`);
  await page.locator('form[action$="/rerun"] button:enabled').waitFor();
  await close();
});

test('what is approved in one tab can no longer be pressed in the other', async () => {
  const [one, other] = [await open(`/runs/${world.waiting}`), await open(`/runs/${world.waiting}`)];
  await one.page.getByRole('button', { name: 'Approve and apply' }).click();
  await one.page.getByText('You approved this plan.').waitFor();
  const approved = { status: 'approved' as const, approved_by: 'kim', approved_at: new Date() };
  await base.db.updateTable('runs').set(approved).where('id', '=', world.waiting).execute();
  for (const { page, complaints, close } of [other, one]) {
    await page.locator('h1 .status.run').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Approve and apply' }).count(), 0);
    assert.match(await page.title(), /^Approved · network-prod/);
    assert.deepEqual(complaints, []);
    await close();
  }
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

test('whoever comes to the computer next goes back to no page of who has signed out', async () => {
  const viewer: { user: string | null } = { user: 'kim' };
  const server = await serveLive(base, viewer);
  const context = await stage.browser.newContext();
  const page = await context.newPage();
  await page.goto(`${server.url}/runs/${world.finished}`);
  const title = await page.title();
  await page.goto(`${server.url}/bundles`);
  viewer.user = null;
  await page.goBack();
  const after = await page.title();
  await context.close();
  await server.stop();
  assert.match(title, /^Finished · /);
  assert.match(after, /^Not allowed · /);
});
