import { type ServerType, serve } from '@hono/node-server';
import pino from 'pino';
import { manifestFor } from '../../src/github/app-manifest.ts';
import { setUpRoutes } from '../../src/pages/setup.ts';
import type { BrowserStage } from './browser-stage.ts';
import { planOf, resource, type Seeded, seedPhase, seedPlan, seedRun, seedStack } from './seed.ts';
import { serveLive } from './watching.ts';

/** The addresses of what the stage's own world and reader do not show: other runs, other readers, and set-up. */
export async function openOtherPages(stage: BrowserStage, t: { after(end: () => Promise<void>): void }) {
  const { base, world } = stage;
  const { runs, stackId } = await seedOtherRuns(base.db);
  const reader = await serveLive(base, { level: 'read' });
  const nobody = await serveLive(base, { user: null });
  const setUp = await serveSetUp();
  t.after(async () => {
    for (const server of [reader, nobody, setUp]) await server.stop();
  });
  return {
    ...Object.fromEntries(Object.entries(runs).map(([mood, id]) => [`a run that is ${mood}`, `/runs/${id}`])),
    'a stack that a pull request holds': `/stacks/${stackId}`,
    'a search without a text': `/runs/${world.finished}/logs/applying/search`,
    'what a reader sees of a run that waits': `${reader.url}/runs/${world.waiting}`,
    'a page without sign-in': `${nobody.url}/`,
    ...setUp.addresses,
  };
}

async function seedOtherRuns(db: Seeded['db']) {
  const stack = await seedStack(db, 'held-prod', 'infra/held');
  const doomed = await seedStack(db, 'doomed', 'infra/doomed');
  const at = new Date();
  const chosen = { engine: 'tofu', engine_version: '1.10.0', created_at: at, started_at: at } as const;
  const counts = { add_count: 1, change_count: 0, destroy_count: 1 };
  const ended = { ...chosen, ended_at: at };
  const steps = [
    { address: 'a.one', action: 'delete', result: 'done', elapsed: '2s' },
    { address: 'a.one', action: 'create', result: 'started' },
  ];
  const runs = {
    applying: await seedRun(stack, {
      ...{ ...chosen, ...counts, status: 'applying', approved_by: 'kim', apply_steps: JSON.stringify(steps) },
      lease_expires_at: new Date(Date.now() + 3_600_000),
    }),
    canceled: await seedRun(stack, { ...ended, status: 'canceled', ended_because: 'Canceled by lee' }),
    discarded: await seedRun(stack, { ...ended, ...counts, status: 'discarded', ended_because: 'Discarded by lee' }),
    'to destroy': await seedRun(doomed, { ...chosen, type: 'destroy', status: 'unconfirmed', destroy_count: 1 }),
  };
  await seedPhase(db, runs.applying, 'applying', { at });
  await seedPhase(db, runs.canceled, 'planning', { at, seconds: 1, outcome: 'canceled' });
  await seedPhase(db, runs.discarded, 'approved', { at, seconds: 1, outcome: 'discarded' });
  await seedPhase(db, runs['to destroy'], 'approved', { at });
  await seedPlan(stack, runs.applying, planOf([resource('a.one', 'replace')]));
  await seedPlan(doomed, runs['to destroy'], planOf([resource('a.one', 'delete')]));
  const hold = { reason: 'pull_request' as const, pull_request_number: 43, created_by: 'kim' };
  await db
    .insertInto('stack_holds')
    .values({ ...hold, stack_id: stack.stackId, note: 'Run #7 applied pull request #43, which is not merged yet.' })
    .execute();
  return { runs, stackId: stack.stackId };
}

/** Set-up's pages for who has the token, each at an address that can be opened by itself. */
async function serveSetUp() {
  const token = 'a-token';
  const routes = setUpRoutes({
    ...{ log: pino({ level: 'silent' }), token, githubServerUrl: 'https://github.com', publicUrl: null },
    manifest: manifestFor,
    create: async () => ({ name: 'Zenfra', htmlUrl: 'https://github.com/apps/zenfra' }),
  });
  const ask = (address: string) => routes.request(address, { headers: { Cookie: `zenfra_setup=${token}` } });
  const server = await new Promise<ServerType & { url: string }>((ready) => {
    const started = serve({ fetch: ({ url }) => ask(url), port: 0, hostname: '127.0.0.1' }, ({ port }) =>
      ready(Object.assign(started, { url: `http://127.0.0.1:${port}` })),
    );
  });
  const confirm = `${server.url}/setup?next=1&public_url=http://localhost:3100`;
  const state = /state=([\w%.-]+)/.exec(await (await ask(confirm)).text())?.[1] ?? '';
  return {
    addresses: {
      'set-up’s form, refused': `${server.url}/setup?next=1&public_url=x`,
      'set-up’s way to GitHub': confirm,
      'the end of set-up': `${server.url}/setup/created?code=x&state=${state}`,
    },
    stop: async () => void (await new Promise((closed) => server.close(closed))),
  };
}
