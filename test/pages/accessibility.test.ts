import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, test } from 'node:test';
import type { Page } from 'playwright-core';
import { openBrowserStage, openEverything } from './browser-stage.ts';
import { openOtherPages } from './other-pages.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const stage = await openBrowserStage({ after });
const others = await openOtherPages(stage, { after });

interface Violation {
  id: string;
  help: string;
  nodes: { html: string; failureSummary?: string }[];
}

const everything = { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] };
/** The other theme changes nothing but colours. */
const colours = { type: 'rule', values: ['color-contrast', 'link-in-text-block'] };

/** What axe-core has against a page by WCAG 2.2, levels A and AA. */
async function violations(page: Page, runOnly: typeof everything): Promise<string[]> {
  const found = await page.evaluate<Violation[]>(
    `axe.run(document, { runOnly: ${JSON.stringify(runOnly)}, resultTypes: ['violations'] }).then(({ violations }) => violations)`,
  );
  return found.map(({ id, help, nodes }) => {
    const [first] = nodes;
    return `${id}: ${help} (${nodes.length}×, first ${first?.html.slice(0, 200)}: ${first?.failureSummary?.slice(0, 300)})`;
  });
}

function excessWidth(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
}

// One load of each page: the theme and the width change under it, as they do for a reader.
const named = stage.addresses().map((path) => [path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, ':id'), path] as const);
for (const [name, path] of [...named, ...Object.entries(others)]) {
  test(`${name} keeps its policy, fits its window, and axe-core has nothing against it, in both themes`, async () => {
    const { page, complaints, close } = await stage.open(path);
    assert.equal(await page.locator('h1').count(), 1, 'it is a page of ours, not a bare sentence');
    // By the debugger: the page's own policy lets no script in.
    await page.evaluate(axe);
    assert.deepEqual(await violations(page, everything), [], 'light, folded');
    await page.emulateMedia({ colorScheme: 'dark' });
    assert.deepEqual(await violations(page, colours), [], 'dark, folded');
    await openEverything(page);
    assert.deepEqual(await violations(page, colours), [], 'dark, unfolded');
    await page.emulateMedia({ colorScheme: 'light' });
    assert.deepEqual(await violations(page, everything), [], 'light, unfolded');
    for (const width of [1440, 390, 320]) {
      await page.setViewportSize({ width, height: 900 });
      assert.ok((await excessWidth(page)) <= 0, `${await excessWidth(page)} pixels too wide for ${width}`);
    }
    assert.deepEqual(complaints, []);
    await close();
  });
}

test('axe-core has nothing against the list of keys', async () => {
  const { page, close } = await stage.open(`/runs/${stage.world.waiting}`);
  await page.keyboard.press('?');
  assert.equal(await page.locator('#keys').isVisible(), true);
  await page.evaluate(axe);
  assert.deepEqual(await violations(page, everything), []);
  await page.emulateMedia({ colorScheme: 'dark' });
  assert.deepEqual(await violations(page, colours), []);
  await close();
});

test('the first Tab leads to the content, and what has the focus can be seen', async () => {
  const { page, close } = await stage.open(`/runs/${stage.world.waiting}`);
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate<string>('document.activeElement.textContent.trim()'), 'Skip to content');
  assert.equal(await page.locator('.skip').isVisible(), true);
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate<string>('location.hash'), '#main');
  await close();
});

test('every button of a run that waits can be reached and pressed by keyboard alone', async () => {
  const { page, close } = await stage.open(`/runs/${stage.world.waiting}`);
  const reached = new Set<string>();
  for (let presses = 0; presses < 200; presses += 1) {
    await page.keyboard.press('Tab');
    reached.add(await page.evaluate<string>('document.activeElement.textContent.trim()'));
    if (reached.has('Approve and apply') && reached.has('Discard') && reached.has('Re-run')) break;
  }
  for (const button of ['Approve and apply', 'Discard', 'Re-run']) assert.ok(reached.has(button), button);
  await close();
});

test('Escape closes a menu and leads the focus back to what opened it', async () => {
  const { page, close } = await stage.open(`/stacks/${stage.world.stackId}`);
  await page.locator('.menu > summary').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  assert.match(await page.evaluate<string>('document.activeElement.textContent'), /Plan & Apply/);
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('.menu[open]').count(), 0);
  assert.equal(await page.evaluate<string>('document.activeElement.textContent.trim()'), 'Trigger');
  await close();
});

test('in the narrowest window nothing of the top bar lies on another part of it', async () => {
  const { page, close } = await stage.open('/bundles', { width: 320 });
  const parts = 'header.top :is(.mark, nav a, .me svg, .me .btn)';
  const edges = await page.evaluate<{ left: number; right: number }[]>(
    `[...document.querySelectorAll("${parts}")].filter((one) => getComputedStyle(one.parentElement).clipPath === "none").map((one) => one.getBoundingClientRect().toJSON())`,
  );
  assert.ok(edges.length >= 5);
  for (const [index, { left }] of edges.entries())
    assert.ok(left >= (edges[index - 1]?.right ?? 0), JSON.stringify(edges));
  await close();
});

test('on a phone the top bar stands in one line, with all of its links in sight', async () => {
  const { page, close } = await stage.open('/bundles', { width: 390 });
  const heights = await page.evaluate<number[]>(
    '[...document.querySelectorAll("header.top nav a, .login")].map((one) => one.getBoundingClientRect().height)',
  );
  assert.equal(heights.length, 4);
  assert.ok(Math.max(...heights) < 30, `${heights}`);
  assert.ok((await excessWidth(page)) <= 0);
  await close();
});

test('whoever wants less motion gets none', async () => {
  const { page, close } = await stage.open(`/runs/${stage.world.running}`);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const moving = await page.evaluate<number>(
    'document.getAnimations().filter((one) => one.playState === "running").length',
  );
  assert.equal(moving, 0);
  await close();
});
