import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { AppHealth } from '../../src/github/app-health.ts';
import { appEvents, appPermissions } from '../../src/github/app-manifest.ts';
import { type DoctorFacts, diagnose } from '../../src/pages/diagnose.ts';
import { until } from '../../src/sandbox/story/until.ts';
import { openScene } from '../support/scene.ts';
import { textOf } from './seed.ts';

const now = new Date('2026-03-01T10:00:00Z');

const github: AppHealth = {
  name: 'Zenfra',
  permissions: { ...appPermissions },
  events: [...appEvents],
  webhookUrl: 'https://zenfra.example.com/api/github/webhooks',
  now,
  deliveries: [{ id: 1, event: 'push', at: now, statusCode: 202, status: 'OK', redelivery: false }],
  installations: [{ account: 'acme', suspended: false, permissions: { ...appPermissions } }],
};

const apart = { protected: true, says: 'Each run sees its own work directory alone (bubblewrap).' };

const well: DoctorFacts = {
  now,
  sealed: { key: 'aaaa1111', former: [], counts: new Map([['aaaa1111', 12]]) },
  publicUrl: 'https://zenfra.example.com',
  signIn: true,
  github,
  installation: {
    database: { version: '18.1', now, unsafe: [] },
    workers: [
      { host: 'one', pid: 7, slots: 2, engines: ['Terraform 1.11.4'], isolation: apart, seenAt: now, live: true },
    ],
    holds: [],
    deliveries: { lastReceivedAt: now, unhandled: 0 },
    waiting: { runs: 0, since: null },
    deadJobs: 0,
  },
};

test('an installation that is well has nothing to be mended', () => {
  const findings = diagnose(well);
  assert.ok(findings.length >= 9);
  assert.deepEqual(
    findings.filter((finding) => finding.verdict !== 'good' || finding.todo !== null),
    [],
  );
});

const { installation } = well;
const [delivery] = github.deliveries;
const [worker] = installation.workers;
assert.ok(delivery && worker);
const without = (name: string) => Object.fromEntries(Object.entries(appPermissions).filter(([key]) => key !== name));

const withKeys = (former: string[], counts: [string, number][]) => ({
  ...well,
  sealed: { key: 'aaaa1111', former, counts: new Map(counts) },
});

const troubles: [name: string, facts: DoctorFacts, expected: [what: string, verdict: string, says: RegExp]][] = [
  ['a key that GitHub refuses', { ...well, github: { failed: 'GitHub answered 401.' } }, ['GitHub', 'bad', /401/]],
  [
    'a new key, before all is sealed with it',
    withKeys(
      ['bbbb2222'],
      [
        ['aaaa1111', 3],
        ['bbbb2222', 9],
      ],
    ),
    ['Encryption', 'warning', /^Of 12 values 9 are still sealed with a former key/],
  ],
  [
    'a former key that was given up too early',
    withKeys([], [['bbbb2222', 9]]),
    ['Encryption', 'bad', /^9 values of the key bbbb2222, which is not given\./],
  ],
  [
    'a permission that is lacking',
    { ...well, github: { ...github, permissions: without('checks') } },
    ['Permissions', 'bad', /lacks checks: write/],
  ],
  [
    'an optional permission that is lacking',
    { ...well, github: { ...github, permissions: without('merge_queues') } },
    ['Permissions', 'warning', /merge_queues: read/],
  ],
  [
    'read where write is needed',
    { ...well, github: { ...github, permissions: { ...appPermissions, issues: 'read' } } },
    ['Permissions', 'bad', /lacks issues: write/],
  ],
  [
    'an event that is not subscribed to',
    { ...well, github: { ...github, events: ['push'] } },
    ['Events', 'bad', /not told of pull_request/],
  ],
  [
    'an App that is installed nowhere',
    { ...well, github: { ...github, installations: [] } },
    ['Installations', 'bad', /nowhere/],
  ],
  [
    'an account that suspended the App',
    { ...well, github: { ...github, installations: [{ account: 'acme', suspended: true, permissions: {} }] } },
    ['Installations', 'bad', /acme has suspended/],
  ],
  [
    'an account that has not accepted a new permission',
    {
      ...well,
      github: { ...github, installations: [{ account: 'acme', suspended: false, permissions: without('issues') }] },
    },
    ['Installations', 'bad', /acme has not granted issues: write/],
  ],
  [
    'webhooks that go elsewhere',
    { ...well, github: { ...github, webhookUrl: 'https://old.example.com' } },
    ['Webhook address', 'bad', /old\.example\.com/],
  ],
  [
    'webhooks that are not taken',
    { ...well, github: { ...github, deliveries: [{ ...delivery, statusCode: 502 }] } },
    ['Webhooks', 'bad', /1 of the last 1 .* answer was 502/],
  ],
  [
    'webhooks that were not taken once',
    { ...well, github: { ...github, deliveries: [delivery, { ...delivery, statusCode: 0, status: 'timed out' }] } },
    ['Webhooks', 'warning', /1 of the last 2/],
  ],
  ['a server nobody can sign in to', { ...well, signIn: false }, ['Sign-in', 'warning', /Nobody/]],
  [
    'a clock that is off',
    { ...well, now: new Date(now.getTime() + 90_000) },
    ['Clock', 'bad', /90 s from the database’s and 90 s from GitHub’s/],
  ],
  [
    'a database that may lose what it acknowledged',
    { ...well, installation: { ...installation, database: { ...installation.database, unsafe: ['fsync is off'] } } },
    ['Database', 'bad', /fsync is off/],
  ],
  [
    'no worker',
    { ...well, installation: { ...installation, workers: [{ ...worker, live: false }] } },
    ['Workers', 'bad', /None is running/],
  ],
  [
    'a worker without an engine',
    { ...well, installation: { ...installation, workers: [{ ...worker, engines: [] }] } },
    ['Engines', 'warning', /one found no engine on the PATH/],
  ],
  [
    'a worker whose runs are not isolated',
    {
      ...well,
      installation: {
        ...installation,
        workers: [{ ...worker, isolation: { protected: false, says: 'Runs are not isolated.' } }],
      },
    },
    ['Isolation', 'warning', /Runs are not isolated/],
  ],
  [
    'runs that wait for a slot',
    { ...well, installation: { ...installation, waiting: { runs: 3, since: now } } },
    ['Queue', 'warning', /for a free worker slot: 3 runs\./],
  ],
];

for (const [name, facts, [what, verdict, says]] of troubles) {
  test(`the doctor sees ${name}, and says what to do`, () => {
    const found = diagnose(facts).filter((finding) => finding.verdict !== 'good');
    assert.deepEqual(
      found.map((finding) => [finding.what, finding.verdict]),
      [[what, verdict]],
    );
    assert.match(found[0]?.says ?? '', says);
    assert.ok(found[0]?.todo);
  });
}

test('the page asks the real database, the workers and GitHub', async () => {
  const scene = await openScene({ after });
  const page = await until(scene.signal, {
    expected: 'the worker to have been seen',
    look: async () => {
      const text = textOf(await (await fetch(`${scene.url}/doctor`)).text());
      return text.includes('2 slots in all') ? text : undefined;
    },
    seen: async () => 'not yet',
  });
  assert.match(page, /Zenfra has all that it needs: .*contents: read/);
  assert.match(page, /Engines, good Terraform 1\.\d+\.\d+\./);
  // The tests' PostgreSQL writes to disk when it pleases.
  assert.match(page, /may lose what it acknowledged: .*fsync is off/);
});
