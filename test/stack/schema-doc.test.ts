import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { describedSchema, type JsonSchema, zenfraJsonSchema } from '../../src/stack/json-schema.ts';

/** `UPDATE_DOCS=1` writes what is compared otherwise. */
const updates = process.env.UPDATE_DOCS === '1';

test('docs/zenfra.schema.json is what the server publishes', async () => {
  const file = new URL('../../docs/zenfra.schema.json', import.meta.url);
  const made = `${JSON.stringify(zenfraJsonSchema(), null, 2)}\n`;
  if (updates) await writeFile(file, made);
  assert.equal(await readFile(file, 'utf8'), made);
});

test('docs/zenfra-yml.md lists every setting as the schema has it', async () => {
  const file = new URL('../../docs/zenfra-yml.md', import.meta.url);
  const [begin, end] = ['<!-- settings -->\n', '<!-- end of the settings -->'];
  const text = await readFile(file, 'utf8');
  const from = text.indexOf(begin) + begin.length;
  const to = text.indexOf(end);
  assert.ok(from >= begin.length && to >= from);
  if (updates) await writeFile(file, text.slice(0, from) + settingsTable() + text.slice(to));
  assert.equal((await readFile(file, 'utf8')).slice(from).split(end)[0], settingsTable());
});

test('every setting has a description', () => {
  for (const { key, schema } of settings()) assert.ok(schema.description, key);
});

function settingsTable(): string {
  const rows = settings().map(
    ({ key, schema }) => `| \`${key}\` | ${schema.description} | ${valuesOf(schema)} | ${defaultOf(schema)} |`,
  );
  return `| key | meaning | values | default |\n| :-- | :-- | :-- | :-- |\n${rows.join('\n')}\n`;
}

/** Those of a stack once; in `defaults` they are the same. */
function settings(): { key: string; schema: JsonSchema }[] {
  const { version, stacks, discover, comments } = describedSchema().properties ?? {};
  const stack = stacks?.additionalProperties;
  assert.ok(version && discover && comments && typeof stack === 'object');
  return [
    { key: 'version', schema: version },
    ...Object.entries(stack.properties ?? {}).flatMap(([key, schema]) => below(key, schema)),
    ...below('discover', discover),
    ...below('comments', comments),
  ];
}

function below(key: string, schema: JsonSchema): { key: string; schema: JsonSchema }[] {
  if (key === 'hooks') return [{ key: `hooks.{${Object.keys(schema.properties ?? {}).join(', ')}}`, schema }];
  if (!schema.properties) return [{ key, schema }];
  return Object.entries(schema.properties).flatMap(([name, inner]) => below(`${key}.${name}`, inner));
}

function valuesOf(schema: JsonSchema): string {
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.items?.enum) return `a list of ${schema.items.enum.map((value) => `\`${value}\``).join(', ')}`;
  if (schema.properties) return 'lists of commands';
  if (schema.type === 'boolean') return '`true`, `false`';
  return schema.type === 'array' ? 'a list' : 'text';
}

function defaultOf({ default: value, shown, description }: JsonSchema): string {
  if (shown !== undefined) return shown;
  if (value === undefined) return description?.startsWith('The root module') ? 'required' : 'none';
  return Array.isArray(value) ? 'none' : `\`${value}\``;
}
