import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { networkFiles } from '../../src/sandbox/sample/network.ts';
import { openStage, type Stage } from '../../src/sandbox/stage.ts';
import { propose, pullLink, push, runLink } from '../../src/sandbox/story/act.ts';
import { seeCheck, seeComment, seeRun } from '../../src/sandbox/story/see.ts';
import { type StoryStage, setUpStory, writer } from '../../src/sandbox/story/story-stage.ts';
import { createTestDatabase } from './database.ts';
import { openBrowser } from './open-browser.ts';

/** `npm run screenshots`: makes the README's pictures from real runs, in `docs/images`. */
const images = join(import.meta.dirname, '../../docs/images');

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'zenfra-screenshots-'));
  const database = await createTestDatabase();
  const stage = await openStage({ databaseUrl: database.url, directory, localUser: writer });
  const { browser, close } = await openBrowser();
  try {
    await mkdir(images, { recursive: true });
    await takePictures(browser, stage);
  } finally {
    await close();
    await stage.stop();
    await database.drop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function takePictures(browser: Browser, stage: Stage): Promise<void> {
  const story = await setUpStory(stage);
  await applyFirst(story);
  const files = networkFiles({ subnets: { public: 10, backup: 30 }, mtu: 9000 });
  const pull = await propose(story, {
    branch: 'jumbo-frames',
    title: 'Use jumbo frames and back up the subnets',
    files,
  });
  await seeComment(story, pull, 'Ready to apply');
  await shoot(browser, { name: 'comment', url: pullLink(story, pull), height: 1150 });
  const sha = await story.sandbox.mergePullRequest(story.repository, pull, writer);
  const waiting = await seeRun(story, { commit: sha, type: 'tracked', status: 'unconfirmed' });
  await shoot(browser, { name: 'run', url: runLink(story, waiting), height: 1150 });
}

/** What exists before the picture: only then has a plan something to change and to destroy. */
async function applyFirst(story: StoryStage): Promise<void> {
  const sha = await push(story, {
    branch: 'main',
    files: { 'network/README.md': '# Network\n' },
    message: 'Describe the network',
  });
  const buttons = ['Approve', 'Discard'];
  const check = await seeCheck(story, sha, {
    name: 'zenfra/network',
    is: 'action_required',
    title: /Needs approval/,
    buttons,
  });
  story.sandbox.pressCheckButton(story.repository, check.id, { identifier: 'approve', login: writer });
  await seeRun(story, { commit: sha, type: 'tracked', status: 'finished' });
}

async function shoot(browser: Browser, page: { name: string; url: string; height: number }): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    const context = await browser.newContext({
      colorScheme,
      viewport: { width: 1100, height: page.height },
      deviceScaleFactor: 1.5,
    });
    const tab = await context.newPage();
    await tab.goto(page.url);
    await tab.screenshot({ path: join(images, `${page.name}-${colorScheme}.png`) });
    await context.close();
  }
}

await main();
