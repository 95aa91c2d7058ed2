import { createReadStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';
import chromium from '@sparticuz/chromium';
import { type Browser, chromium as playwright } from 'playwright-core';
import { extract } from 'tar';

/** A real Chromium from its npm package, with a home of its own. */
export async function openBrowser(): Promise<{ browser: Browser; close: () => Promise<void> }> {
  const home = await mkdtemp(join(tmpdir(), 'zenfra-chromium-'));
  const directory = await provideChromium(home);
  // The package's own arguments are for one cloud's sandbox; they switch the web's security off, which we test.
  const browser = await playwright.launch({
    executablePath: join(directory, 'chromium'),
    args: ['--no-sandbox', '--disable-gpu'],
    env: environmentFor(directory, home),
  });
  const close = async () => {
    await browser.close();
    await rm(home, { recursive: true, force: true });
  };
  return { browser, close };
}

/**
 * The directory with the unpacked Chromium: one for all test files of a run, where the global setup says where that is.
 * Who finds none there unpacks it elsewhere and moves it in one step, so that nobody sees half of it; of two who do so at
 * once the second keeps to its own.
 */
async function provideChromium(home: string): Promise<string> {
  const shared = process.env.ZENFRA_TEST_CHROMIUM;
  if (shared !== undefined && existsSync(shared)) return shared;
  const own = join(home, 'unpacked');
  await mkdir(own);
  await unpackProgram(own);
  await unpackLibraries(own);
  if (shared === undefined) return own;
  return rename(own, shared).then(
    () => shared,
    () => own,
  );
}

/** Not into the package's usual place: it takes a half-written or unreadable file that somebody left there for its own. */
async function unpackProgram(directory: string): Promise<void> {
  const usual = process.env.TMPDIR;
  process.env.TMPDIR = directory;
  await chromium.executablePath().finally(() => {
    if (usual === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = usual;
  });
}

/** NSS and its kin, which a server often lacks, come in the package; it unpacks them by itself only in one cloud. */
async function unpackLibraries(directory: string): Promise<void> {
  const packed = join(import.meta.dirname, '../../node_modules/@sparticuz/chromium/bin/al2023.tar.br');
  await pipeline(createReadStream(packed), createBrotliDecompress(), extract({ cwd: directory }));
}

function environmentFor(directory: string, home: string): Record<string, string> {
  const fonts = existsSync('/etc/fonts') ? {} : { FONTCONFIG_PATH: join(directory, 'fonts') };
  return { PATH: process.env.PATH ?? '', HOME: home, LD_LIBRARY_PATH: join(directory, 'lib'), ...fonts };
}
