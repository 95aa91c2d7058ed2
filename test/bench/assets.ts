import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { figureOf, type Report } from './report.ts';

const aim = 10_000;

/** Bytes of script and of style that a page loads, as `npm run build` ships them, each file gzipped. */
export async function benchAssets(): Promise<Report> {
  const own = gzipped(await bundled('views/assets/zenfra.js'));
  const library = gzipped(readFileSync('node_modules/idiomorph/dist/idiomorph.min.js'));
  const style = gzipped(readFileSync('views/assets/zenfra.css'));
  return figureOf({
    name: 'assets',
    unit: 'bytes',
    ours: Math.max(own + library, style),
    aim,
    detail: {
      ours: 'the larger of script and style, gzipped',
      script: own + library,
      ofWhichIdiomorph: library,
      style,
    },
  });
}

async function bundled(path: string): Promise<Uint8Array> {
  const { outputFiles } = await build({ entryPoints: [path], bundle: true, minify: true, format: 'esm', write: false });
  return outputFiles[0]?.contents ?? new Uint8Array();
}

function gzipped(bytes: Uint8Array): number {
  return gzipSync(bytes, { level: 9 }).length;
}
