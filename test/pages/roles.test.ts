import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { Permission } from '../../src/run/checks.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import {
  formToken,
  openPages,
  planOf,
  publicUrl,
  resource,
  seedBundle,
  seedLog,
  seedPlan,
  seedRun,
  seedStack,
} from './seed.ts';

/** Every route of the pages and every role: what a role may not see is not there, what it may not do is refused. */
let base: TestDatabase;
const ids = { stack: '', run: '', doomed: '', plan: '', bundle: '' };

before(async () => {
  base = await createTestDatabase();
  const stack = await seedStack(base.db);
  ids.stack = stack.stackId;
  ids.run = await seedRun(stack, { status: 'unconfirmed', pull_request_number: 42 });
  ids.plan = await seedPlan(stack, ids.run, planOf([resource('a.b', 'delete')]));
  await seedLog(base.db, { runId: ids.run, phase: 'planning' }, ['one line\n']);
  const holds = (['person', 'outcome_unknown'] as const).map((reason) => ({
    ...{ stack_id: ids.stack, reason, note: 'Held.', created_by: 'lee' },
  }));
  await base.db.insertInto('stack_holds').values(holds).execute();
  const other = await seedStack(base.db, 'doomed', 'infra/doomed');
  ids.doomed = await seedRun(other, { type: 'destroy', status: 'unconfirmed' });
  ids.bundle = await seedBundle(stack, 'aws-prod');
  const pull = { title: 'x', author: 'kim', head_sha: 'f', head_ref: 'x', base_ref: 'main', state: 'open' as const };
  await base.db
    .insertInto('pull_requests')
    .values({ repository_id: 7, number: 42, draft: false, fork: false, ...pull })
    .execute();
});
after(() => base.drop());

interface Door {
  /** The least that gets in. `anyone` is signed in; `open` is for everybody. */
  needs: 'open' | 'anyone' | 'read' | 'write' | 'admin';
  /** Whether everybody may know that it is there. */
  known?: boolean;
  path: () => string;
  form?: () => Record<string, string>;
}

const run = (rest = '') => `/runs/${ids.run}${rest}`;
const button = (verb: string): Door => ({
  needs: 'write',
  path: () => run(`/${verb}`),
  form: () => (verb === 'approve' ? { plan: ids.plan } : {}),
});

/** By the router's own method and pattern; a route that is not here fails the test. */
const doors: Record<string, Door[]> = {
  'GET /assets/:hash/:name': [{ needs: 'open', path: () => '/assets/x/zenfra.css' }],
  'GET /sign-in': [{ needs: 'open', path: () => '/sign-in' }],
  'GET /sign-in/callback': [{ needs: 'open', path: () => '/sign-in/callback' }],
  'POST /sign-out': [{ needs: 'anyone', path: () => '/sign-out', form: () => ({}) }],
  'GET /': [{ needs: 'anyone', path: () => '/' }],
  'GET /doctor': [{ needs: 'admin', known: true, path: () => '/doctor' }],
  'GET /bundles': [{ needs: 'anyone', path: () => '/bundles' }],
  'GET /bundles/:id': [{ needs: 'admin', path: () => `/bundles/${ids.bundle}` }],
  'POST /bundles': [
    {
      needs: 'admin',
      path: () => '/bundles',
      form: () => ({ repository: '7', name: `b-${randomUUID().slice(0, 8)}` }),
    },
  ],
  'POST /bundles/:id/:verb{save|attach|detach|remove}': ['save', 'attach', 'detach', 'remove'].map(
    (verb): Door => ({
      needs: 'admin',
      path: () => `/bundles/${ids.bundle}/${verb}`,
      form: () => ({ version: '1', to: 'stack', name: 'network-prod', priority: '1', confirm: 'not its name' }),
    }),
  ),
  'GET /stacks/:id': [{ needs: 'read', path: () => `/stacks/${ids.stack}` }],
  'GET /stacks/:id/state': [{ needs: 'read', path: () => `/stacks/${ids.stack}/state` }],
  'GET /stacks/:id/state/diff': [{ needs: 'read', path: () => `/stacks/${ids.stack}/state/diff` }],
  'GET /stacks/:id/settings': [{ needs: 'read', path: () => `/stacks/${ids.stack}/settings` }],
  'GET /stacks/:id/state/:file{(?:current|[0-9]{1,20})\\.tfstate}': [
    { needs: 'write', path: () => `/stacks/${ids.stack}/state/current.tfstate` },
    { needs: 'write', path: () => `/stacks/${ids.stack}/state/1.tfstate` },
  ],
  'GET /stacks/:id/state/rejected/:file{[0-9a-f-]{36}\\.tfstate}': [
    { needs: 'admin', path: () => `/stacks/${ids.stack}/state/rejected/${randomUUID()}.tfstate` },
  ],
  'POST /stacks/:id/release': [
    { needs: 'write', path: () => `/stacks/${ids.stack}/release`, form: () => ({ hold: '1' }) },
    { needs: 'admin', path: () => `/stacks/${ids.stack}/release`, form: () => ({ hold: '2' }) },
  ],
  'POST /stacks/:id/release-lock': [
    { needs: 'admin', path: () => `/stacks/${ids.stack}/release-lock`, form: () => ({ lock: 'x' }) },
  ],
  'POST /stacks/:id/roll-back': [
    { needs: 'admin', path: () => `/stacks/${ids.stack}/roll-back`, form: () => ({ version: '', current: '' }) },
  ],
  'POST /stacks/:id/import': [{ needs: 'admin', path: () => `/stacks/${ids.stack}/import`, form: () => ({}) }],
  'GET /events': [{ needs: 'anyone', path: () => '/events' }],
  'GET /stacks/:id/events': [{ needs: 'read', path: () => `/stacks/${ids.stack}/events` }],
  'GET /pr/:owner/:repository/:number/events': [{ needs: 'read', path: () => '/pr/acme/infra/42/events' }],
  'GET /runs/:id/events': [{ needs: 'read', path: () => run('/events') }],
  'GET /runs/:id/logs.txt': [{ needs: 'read', path: () => run('/logs.txt') }],
  'GET /runs/:id/logs/:file{[a-z]+\\.txt}': [{ needs: 'read', path: () => run('/logs/planning.txt') }],
  'GET /runs/:id/logs/:file{[a-z]+\\.html}': [{ needs: 'read', path: () => run('/logs/planning.html?from=1&to=9') }],
  'GET /runs/:id/logs/:phase/search': [{ needs: 'read', path: () => run('/logs/planning/search?q=one') }],
  'GET /runs/:number{[0-9]{1,16}}': [{ needs: 'read', path: () => '/runs/1' }],
  'GET /runs/:id': [{ needs: 'read', path: () => run() }],
  'GET /pr/:owner/:repository/:number': [{ needs: 'read', path: () => '/pr/acme/infra/42' }],
  'POST /runs/:id/:verb{approve|discard|cancel|rerun}': [
    ...['approve', 'discard', 'cancel', 'rerun'].map(button),
    ...['approve', 'rerun'].map(
      (verb): Door => ({
        needs: 'admin',
        path: () => `/runs/${ids.doomed}/${verb}`,
        form: () => ({ plan: '', confirm: 'doomed' }),
      }),
    ),
  ],
  'POST /stacks/:id/trigger': [
    { needs: 'write', path: () => `/stacks/${ids.stack}/trigger`, form: () => ({ type: 'plan_only' }) },
    {
      needs: 'admin',
      path: () => `/stacks/${ids.stack}/trigger`,
      form: () => ({ type: 'destroy', confirm: 'network-prod' }),
    },
  ],
};

const ranks = ['open', 'anyone', 'read', 'write', 'admin'];
/** Null: not signed in. `none`: signed in, without a role in this repository. */
const roles: (Permission | null)[] = [null, 'none', 'read', 'write', 'admin'];

function rankOf(role: Permission | null): number {
  if (role === null) return 0;
  return role === 'none' ? 1 : ranks.indexOf(role);
}

async function knock(door: Door, role: Permission | null) {
  const { app, asked } = openPages(base.db, role === null ? { user: null } : { level: role });
  const body = door.form && new URLSearchParams({ form_token: formToken, ...door.form() }).toString();
  const headers = { Origin: publicUrl, 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'text/html' };
  const response = await app.request(door.path(), body === undefined ? { headers } : { method: 'POST', body, headers });
  // A stream would go on.
  await response.body?.cancel();
  return { status: response.status, acted: asked.length };
}

const known = new Set(Object.keys(doors));

test('every route of the router is in the table of who may pass', () => {
  const { app } = openPages(base.db);
  const routes = app.routes.filter(({ method, path }) => method !== 'ALL' && !path.endsWith('*'));
  const unknown = routes.map(({ method, path }) => `${method} ${path}`).filter((route) => !known.has(route));
  assert.deepEqual([...new Set(unknown)], []);
  assert.ok(routes.length >= known.size);
});

for (const [route, each] of Object.entries(doors)) {
  test(`${route} lets in whom it should, and nobody else`, async () => {
    for (const door of each) {
      for (const role of roles) {
        const { status, acted } = await knock(door, role);
        const about = `${door.path()} for ${role ?? 'nobody'}: ${status}`;
        const enough = rankOf(role) >= ranks.indexOf(door.needs);
        if (!enough) assert.equal(acted, 0, about);
        if (enough) assert.ok(status !== 401 && status !== 403, about);
        else if (role === null) assert.ok([401, 403].includes(status), about);
        else if (role === 'none' && !door.known) assert.equal(status, 404, about);
        else assert.equal(status, 403, about);
      }
    }
  });
}

test('what one may not see and what is not there get the same answer', async () => {
  const { app } = openPages(base.db, { level: 'none' });
  for (const [theirs, nowhere] of [
    [run(), `/runs/${randomUUID()}`],
    [run('/logs/planning.txt'), `/runs/${randomUUID()}/logs/planning.txt`],
    [run('/events'), `/runs/${randomUUID()}/events`],
    [`/stacks/${ids.stack}`, `/stacks/${randomUUID()}`],
    ['/pr/acme/infra/42', '/pr/acme/infra/43'],
  ] as const) {
    const text = async (path: string) => (await (await app.request(path)).text()).replaceAll(/data-now="[^"]*"/g, '');
    assert.equal(await text(theirs), await text(nowhere), theirs);
  }
});
