import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, test } from 'node:test';
import type { Page } from 'playwright-core';
import { openBrowserStage, openEverything } from './browser-stage.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const stage = await openBrowserStage({ after });

interface Violation {
  id: string;
  help: string;
  nodes: { html: string; failureSummary?: string }[];
}

/** What axe-core has against a page by WCAG 2.2, levels A and AA. */
async function violations(page: Page): Promise<string[]> {
  // By the debugger: the page's own policy lets no script in.
  await page.evaluate(axe);
  const found = await page.evaluate<Violation[]>(`(async () => {
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
    const { violations } = await axe.run(document, { runOnly: { type: 'tag', values: tags } });
    return violations;
  })()`);
  return found.map(({ id, help, nodes }) => {
    const [first] = nodes;
    return `${id}: ${help} (${nodes.length}×, first ${first?.html.slice(0, 200)}: ${first?.failureSummary?.slice(0, 300)})`;
  });
}

for (const colorScheme of ['light', 'dark'] as const) {
  for (const path of stage.addresses()) {
    const name = path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, ':id');
    test(`axe-core has nothing against ${name} in ${colorScheme}, folded and unfolded`, async () => {
      const { page, close } = await stage.open(path, { colorScheme });
      assert.deepEqual(await violations(page), []);
      await openEverything(page);
      assert.deepEqual(await violations(page), []);
      await close();
    });
  }
}

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

test('whoever wants less motion gets none', async () => {
  const { page, close } = await stage.open(`/runs/${stage.world.running}`);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const moving = await page.evaluate<number>(
    'document.getAnimations().filter((one) => one.playState === "running").length',
  );
  assert.equal(moving, 0);
  await close();
});
