import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Plugin } from 'esbuild';
import { figureOf, type Report } from './report.ts';

const aim = 10_000;

/** Bytes of script and of style that a page loads, as `npm run build` ships them, each file gzipped. */
export async function benchAssets(): Promise<Report> {
  const script = gzipped(await bundled('views/assets/zenfra.js'));
  const style = gzipped(readFileSync('views/assets/zenfra.css'));
  return figureOf({
    name: 'assets',
    unit: 'bytes',
    ours: Math.max(script, style),
    aim,
    detail: { ours: 'the larger of script and style, gzipped', script, style },
  });
}

const toLibrary = () => ({ path: resolve('node_modules/idiomorph/dist/idiomorph.esm.js') });

async function bundled(path: string): Promise<Uint8Array> {
  const library: Plugin = { name: 'library', setup: (on) => on.onResolve({ filter: /idiomorph/ }, toLibrary) };
  const how = { bundle: true, minify: true, format: 'esm', write: false } as const;
  const { outputFiles } = await build({ ...how, plugins: [library], entryPoints: [path] });
  return outputFiles[0]?.contents ?? new Uint8Array();
}

function gzipped(bytes: Uint8Array): number {
  return gzipSync(bytes, { level: 9 }).length;
}
