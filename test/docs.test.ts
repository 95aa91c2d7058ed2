import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { glob, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..');

test('whatever README and docs link to is there: files, tests, headings', async () => {
  const missing: string[] = [];
  for await (const page of glob('{README.md,docs/*.md,action/*.md}', { cwd: root })) {
    const text = await readFile(join(root, page), 'utf8');
    for (const [, target = ''] of text.matchAll(/(?:\]\(|src="|srcset=")([^)"\s]+)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path = '', heading] = target.split('#');
      const file = path === '' ? join(root, page) : join(root, dirname(page), path);
      const there = existsSync(file) && (heading === undefined || (await headingsOf(file)).includes(heading));
      if (!there) missing.push(`${page}: ${target}`);
    }
  }
  assert.deepEqual(missing, []);
});

/** As GitHub names them in addresses. */
async function headingsOf(file: string): Promise<string[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line.startsWith('#'));
  return lines.map((line) =>
    line
      .replace(/^#+ /, '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
