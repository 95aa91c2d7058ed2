import { glob, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { transform } from 'esbuild';

const root = join(import.meta.dirname, '../..');

/** Compiles every `.tsx` of the project into one file of JSON, for `loader.ts`. */
export async function compileViews(into: string): Promise<void> {
  const compiled: Record<string, string> = {};
  for await (const path of glob('{src,views,test}/**/*.tsx', { cwd: root })) {
    const file = join(root, path);
    const options = { loader: 'tsx', jsx: 'automatic', jsxImportSource: 'hono/jsx', sourcefile: file } as const;
    const { code } = await transform(await readFile(file, 'utf8'), { ...options, sourcemap: 'inline' });
    compiled[file] = code;
  }
  await writeFile(into, JSON.stringify(compiled));
}
