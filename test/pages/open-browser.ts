import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import chromium from '@sparticuz/chromium';
import { type Browser, chromium as playwright } from 'playwright-core';

/**
 * A real Chromium, unpacked from its npm package. Into a directory of one's own: the package's usual place is shared by
 * all users and processes of the machine, and it takes a half-written or unreadable file there for its own.
 */
export async function openBrowser(): Promise<{ browser: Browser; close: () => Promise<void> }> {
  const usual = process.env.TMPDIR;
  const directory = await mkdtemp(join(tmpdir(), 'zenfra-chromium-'));
  process.env.TMPDIR = directory;
  const executablePath = await chromium.executablePath().finally(() => {
    if (usual === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = usual;
  });
  // The package's own arguments are for one cloud's sandbox; they switch the web's security off, which we test.
  const browser = await playwright.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  const close = async () => {
    await browser.close();
    await rm(directory, { recursive: true, force: true });
  };
  return { browser, close };
}
