/**
 * Who may import whom. `npm run check` enforces this table and `docs/architecture.md` prints it, so a new import
 * between rooms is a decision made here. An entry is a folder or one file of ours; what is in parentheses is printed,
 * and `(types)` is enforced as well: such an import must be `import type`.
 */
const importTable = {
  'src/run': [],
  'src/plan': [],
  'src/stack': ['run'],
  'src/bundle': ['db', 'secret'],
  'src/github': [],
  'src/secret': [],
  'src/failpoint': [],
  'src/serve': [],
  'src/config': ['execution/inherited-environment', 'failpoint'],
  'src/db': ['run', 'plan (types)', 'stack (types)', 'execution/contract (types)', 'bundle/combine', 'bundle/changes (types)', 'bundle/contents (types)', 'secret', 'migrations'],
  'src/execution': ['run', 'plan', 'failpoint', 'secret/redact', 'bundle/refusals'],
  'src/runners': ['run', 'execution', 'github', 'db'],
  'src/reports': ['run', 'stack', 'plan', 'execution/contract (types)', 'github', 'db'],
  'src/queue': ['run', 'bundle', 'stack (types)', 'execution/contract', 'db', 'runners', 'reports', 'github', 'secret', 'state/rescue', 'failpoint'],
  'src/triggers': ['run', 'stack', 'db', 'github', 'queue/advance', 'queue/wake'],
  'src/commands': ['run', 'stack', 'db', 'github', 'triggers', 'queue/advance', 'queue/wake', 'reports/words'],
  'src/webhooks': ['triggers', 'commands', 'github', 'db', 'reports/words'],
  'src/state': ['run', 'db', 'secret', 'failpoint'],
  'src/access': ['run', 'db', 'github', 'secret'],
  'src/setup': ['db', 'github', 'secret', 'pages/setup'],
  'src/pages': ['access', 'github/app-manifest', 'github/app-health (types)', 'run', 'stack (types)', 'plan', 'db (reads)', 'state (versions)', 'bundle', 'views', 'triggers (on POST)', 'queue/advance (on POST)'],
  'src/sandbox': [],
  views: ['run', 'plan', 'bundle (types)'],
  migrations: [],
  action: ['execution'],
};

const topLevel = ['views', 'migrations', 'action', 'test'];
const ours = '^(src|views|migrations|action|test)/';
/** What puts the house together, or shows it off: these may import everything. */
const wiring = '^src/((app|main|log|open-store|decrypt)[.]tsx?$|sandbox/(demo|stage|story)([.]|-|/))';

/** The pattern of an entry or a row: `run` is a folder, `queue/advance` a file (or the folder that splits it). */
function patternOf(entry) {
  const name = entry.replace(/ \(.*\)$/, '').replace(/^src\//, '');
  const root = topLevel.includes(name.split('/')[0]) ? '' : 'src/';
  return `^${root}${name}([.]tsx?$|/)`;
}

function rulesOf([folder, entries]) {
  const from = { path: patternOf(folder), pathNot: wiring };
  const name = folder.replace('/', '-');
  const allowed = [patternOf(folder), ...entries.map(patternOf)];
  const comment = `${folder} may import: ${entries.join(', ') || 'nothing of ours'}`;
  const typesOnly = entries.filter((entry) => entry.endsWith('(types)')).map(patternOf);
  return [
    { name: `${name}-imports`, comment, severity: 'error', from, to: { path: ours, pathNot: allowed } },
    ...(typesOnly.length === 0
      ? []
      : [{ name: `${name}-types-only`, comment, severity: 'error', from, to: { path: typesOnly, dependencyTypesNot: ['type-only'] } }]),
  ];
}

module.exports = {
  forbidden: [
    ...Object.entries(importTable).flatMap(rulesOf),
    {
      name: 'room-in-table',
      comment: 'Every folder has a row in the import table; add one for a new room.',
      severity: 'error',
      from: { path: '^(src|views|migrations|action)/', pathNot: [wiring, ...Object.keys(importTable).map(patternOf)] },
      to: {},
    },
    {
      name: 'nothing-imports-the-wiring',
      comment: 'app.ts and main.ts wire the rest; only the demo and tests start them.',
      severity: 'error',
      from: { path: ours, pathNot: [wiring, '^test/'] },
      to: { path: '^src/(app|main|decrypt)[.]tsx?$' },
    },
    {
      name: 'nobody-imports-the-sandbox',
      comment: 'The app does not know the sandbox: it is pointed at it by its GitHub addresses.',
      severity: 'error',
      from: { path: ours, pathNot: ['^src/sandbox/', '^test/'] },
      to: { path: '^src/sandbox/' },
    },
    {
      name: 'migrations-import-kysely-only',
      comment: 'Migrations are frozen: what they import must not change under them.',
      severity: 'error',
      from: { path: '^migrations/' },
      to: { pathNot: ['^migrations/', '(^|/)node_modules/kysely/'] },
    },
    {
      name: 'no-cycles',
      comment: 'A circle of types is erased and harms nobody; any other makes the order of loading matter.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types', 'default'] },
  },
};

// For the test that compares it with the docs; not enumerable, as the tool refuses keys that it does not know.
Object.defineProperty(module.exports, 'importTable', { value: importTable });
