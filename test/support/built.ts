import { rmSync } from 'node:fs';
import { cp, mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '../..');
let built: Promise<string> | undefined;

/**
 * What `npm run build` ships, made once for all test files, or for this process where the global setup has not run: it
 * starts in a third of the time that the sources take.
 */
export function builtMain(): Promise<string> {
  const made = process.env.ZENFRA_TEST_MAIN;
  built ??= made === undefined ? buildMain() : Promise.resolve(made);
  return built;
}

async function buildMain(): Promise<string> {
  await mkdir(join(root, 'dist'), { recursive: true });
  const directory = await mkdtemp(join(root, 'dist/test-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const main = join(directory, 'main.js');
  await build({
    entryPoints: [join(root, 'src/main.ts')],
    outfile: main,
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'esm',
    packages: 'external',
    jsx: 'automatic',
    jsxImportSource: 'hono/jsx',
    logLevel: 'warning',
  });
  await cp(join(root, 'views/assets'), join(directory, 'assets'), { recursive: true });
  return main;
}
