import { createReadStream, existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';
import chromium from '@sparticuz/chromium';
import { type Browser, chromium as playwright } from 'playwright-core';
import { extract } from 'tar';

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
  await unpackLibraries(directory);
  // The package's own arguments are for one cloud's sandbox; they switch the web's security off, which we test.
  const browser = await playwright.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu'],
    env: environmentFor(directory),
  });
  const close = async () => {
    await browser.close();
    await rm(directory, { recursive: true, force: true });
  };
  return { browser, close };
}

/** NSS and its kin, which a server often lacks, come in the package; it unpacks them by itself only in one cloud. */
async function unpackLibraries(directory: string): Promise<void> {
  const packed = join(import.meta.dirname, '../../node_modules/@sparticuz/chromium/bin/al2023.tar.br');
  await pipeline(createReadStream(packed), createBrotliDecompress(), extract({ cwd: directory }));
}

function environmentFor(directory: string): Record<string, string> {
  const fonts = existsSync('/etc/fonts') ? {} : { FONTCONFIG_PATH: join(directory, 'fonts') };
  return { PATH: process.env.PATH ?? '', HOME: directory, LD_LIBRARY_PATH: join(directory, 'lib'), ...fonts };
}
