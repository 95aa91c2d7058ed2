import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { gzipSync } from 'node:zlib';
import { transform } from 'esbuild';
import { figureOf, type Report } from './report.ts';

const aim = 10_000;

/** Bytes of script and of style that a page loads, as `npm run build` ships them, gzipped one by one. */
export async function benchAssets(): Promise<Report> {
  const scripts = await sizesOf(
    [...globSync('views/assets/*.js'), 'node_modules/idiomorph/dist/idiomorph.min.js'],
    minified,
  );
  const styles = await sizesOf(globSync('views/assets/*.css'), async (text) => text);
  const [script, style] = [sum(scripts), sum(styles)];
  return figureOf({
    name: 'assets',
    unit: 'bytes',
    ours: Math.max(script, style),
    aim,
    detail: { ours: 'the larger of script and style, gzipped', script, style, files: { ...scripts, ...styles } },
  });
}

async function minified(text: string): Promise<string> {
  return (await transform(text, { minify: true, format: 'esm' })).code;
}

async function sizesOf(paths: string[], shipped: (text: string) => Promise<string>): Promise<Record<string, number>> {
  const sizes = paths.map(async (path) => {
    const text = readFileSync(path, 'utf8');
    const bytes = path.endsWith('.min.js') ? text : await shipped(text);
    return [basename(path), gzipSync(bytes, { level: 9 }).length] as const;
  });
  return Object.fromEntries(await Promise.all(sizes));
}

function sum(sizes: Record<string, number>): number {
  return Object.values(sizes).reduce((total, size) => total + size, 0);
}
