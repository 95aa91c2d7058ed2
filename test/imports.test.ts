import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { cruise, type ICruiseOptions, type IFlattenedRuleSet } from 'dependency-cruiser';

interface Rules extends IFlattenedRuleSet {
  importTable: Record<string, string[]>;
  options: ICruiseOptions;
}

const rules: Rules = createRequire(import.meta.url)('../.dependency-cruiser.cjs');
const repository = join(import.meta.dirname, '..');

test('the code keeps to the import table', async () => {
  assert.deepEqual(await listViolations(repository, ['src', 'views', 'migrations', 'action']), []);
});

test('an import outside the table is reported', async (t) => {
  const planted = await plant(t, {
    'src/run/status.ts': "import { query } from '../db/runs.ts';\nexport const status = query;\n",
    'src/db/runs.ts': 'export const query = 1;\n',
  });
  assert.deepEqual(planted, ['src-run-imports: src/run/status.ts → src/db/runs.ts']);
});

test('a type counts as an import', async (t) => {
  const planted = await plant(t, {
    'src/plan/summary.ts': "import type { Row } from '../db/runs.ts';\nexport type Summary = Row;\n",
    'src/db/runs.ts': 'export type Row = number;\n',
  });
  assert.deepEqual(planted, ['src-plan-imports: src/plan/summary.ts → src/db/runs.ts']);
});

test('where only types may be imported, values may not', async (t) => {
  const planted = await plant(t, {
    'src/db/a.ts': "import type { Plan } from '../plan/plan.ts';\nexport type Row = Plan;\n",
    'src/db/b.ts': "import { plan } from '../plan/plan.ts';\nexport const row = plan;\n",
    'src/plan/plan.ts': 'export type Plan = number;\nexport const plan: Plan = 1;\n',
  });
  assert.deepEqual(planted, ['src-db-types-only: src/db/b.ts → src/plan/plan.ts']);
});

test('one file of a folder may be let in without the others', async (t) => {
  const planted = await plant(t, {
    'src/triggers/push.ts': "import '../queue/advance.ts';\nimport '../queue/sweep.ts';\n",
    'src/queue/advance.ts': 'export const advance = 1;\n',
    'src/queue/sweep.ts': 'export const sweep = 1;\n',
  });
  assert.deepEqual(planted, ['src-triggers-imports: src/triggers/push.ts → src/queue/sweep.ts']);
});

test('nothing but the demo imports the app, and the app does not import the sandbox', async (t) => {
  const planted = await plant(t, {
    'src/app.ts': "import './sandbox/world.ts';\nimport './pages/index.ts';\nexport const app = 1;\n",
    'src/main.ts': "import './app.ts';\n",
    'src/pages/index.ts': "export type { App } from './types.ts';\n",
    'src/pages/types.ts': "export type App = typeof import('../app.ts').app;\n",
    'src/sandbox/world.ts': "import '../run/status.ts';\n",
    'src/sandbox/demo.ts': "import '../app.ts';\nimport './world.ts';\n",
    'src/run/status.ts': 'export const status = 1;\n',
  });
  assert.deepEqual(planted, [
    'nobody-imports-the-sandbox: src/app.ts → src/sandbox/world.ts',
    'nothing-imports-the-wiring: src/pages/types.ts → src/app.ts',
    'src-pages-imports: src/pages/types.ts → src/app.ts',
    'src-sandbox-imports: src/sandbox/world.ts → src/run/status.ts',
  ]);
});

test('a circle of values and a room without a row in the table are reported', async (t) => {
  const planted = await plant(t, {
    'src/run/a.ts': "import { b } from './b.ts';\nexport const a = () => b;\n",
    'src/run/b.ts': "import { a } from './a.ts';\nexport const b = () => a;\n",
    'src/helpers/text.ts': "import '../run/a.ts';\n",
  });
  assert.deepEqual(planted, [
    'no-cycles: src/run/a.ts → src/run/b.ts',
    'room-in-table: src/helpers/text.ts → src/run/a.ts',
  ]);
});

test('migrations import nothing but each other and kysely', async (t) => {
  const planted = await plant(t, {
    'migrations/0001_initial.ts': "import { join } from 'node:path';\nexport const up = join;\n",
    'migrations/index.ts': "import './0001_initial.ts';\n",
  });
  assert.deepEqual(planted, ['migrations-import-kysely-only: migrations/0001_initial.ts → path']);
});

test('the docs print the import table as it is enforced', async () => {
  const docs = await readFile(join(repository, 'docs/architecture.md'), 'utf8');
  const [, printed] = /<!-- import table -->\n([\s\S]*?)<!-- end of the import table -->/.exec(docs) ?? [];
  assert.equal(printed, renderTable(rules.importTable));
});

function renderTable(table: Record<string, string[]>): string {
  const rows = Object.entries(table).map(
    ([folder, entries]) => `| \`${folder}\` | ${entries.join(', ') || 'nothing of ours'} |\n`,
  );
  return `| folder | may import |\n| :-- | :-- |\n${rows.join('')}`;
}

async function plant(t: { after(cleanUp: () => Promise<void>): void }, files: Record<string, string>) {
  const directory = await mkdtemp(join(tmpdir(), 'zenfra-imports-'));
  t.after(() => rm(directory, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
  return listViolations(directory, [...new Set(Object.keys(files).map((path) => path.split('/')[0] ?? ''))]);
}

async function listViolations(baseDir: string, folders: string[]): Promise<string[]> {
  const { tsConfig: _ofTheRepository, ...options } = rules.options;
  const { output } = await cruise(folders, {
    ...options,
    baseDir,
    validate: true,
    ruleSet: { forbidden: rules.forbidden ?? [] },
  });
  assert.ok(typeof output !== 'string');
  return output.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`).sort();
}
