import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { type PullRequest, upsertPullRequest } from '../../src/db/pull-requests.ts';
import { tellRescue } from '../../src/queue/rescue.ts';
import type { Permission } from '../../src/run/checks.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import {
  commit,
  openPages,
  planOf,
  resource,
  type Seeded,
  seedLog,
  seedPhase,
  seedPlan,
  seedRun,
  seedStack,
  textOf,
} from './seed.ts';
import { type Showcase, seedShowcase } from './showcase.ts';

let base: TestDatabase;
let world: Showcase;
let stack: Seeded;

before(async () => {
  base = await createTestDatabase();
  world = await seedShowcase(base.db);
  stack = await seedStack(base.db, 'scratch', 'infra/scratch');
});
after(() => base.drop());

async function get(path: string, level: Permission = 'admin') {
  const response = await openPages(base.db, { level }).app.request(path);
  const html = await response.text();
  return { response, html, text: textOf(html) };
}

test('a run’s page says everything that the product’s description names', async () => {
  const { html, text } = await get(`/runs/${world.waiting}`);
  for (const label of [
    'Branch',
    'Triggered by',
    'Run ID',
    'Re-run',
    'RUN HISTORY',
    'Copy logs',
    'Download logs',
    'Needs approval',
    'Plan &amp; Apply (Tracked)',
  ]) {
    assert.ok(html.includes(label), label);
  }
  for (const phase of ['Queued', 'Preparing', 'Initializing', 'Planning', 'Approved', 'Applying', 'Finished']) {
    assert.ok(text.includes(phase), phase);
  }
  assert.match(text, /\+2 ~2 -2/);
  assert.match(text, /Planning, succeeded 00:47 /);
  assert.match(
    html,
    /<time datetime="[^"]+" title="[^"]+ UTC" data-form="clock">[A-Z][a-z]{2} \d{1,2}(st|nd|rd|th), \d{1,2}:\d\d:\d\d [AP]M<\/time>/,
  );
  assert.match(html, new RegExp(`<a href="/stacks/${world.stackId}">network-prod</a>`));
  assert.match(html, new RegExp(`data-copy="${world.waiting}"`));
  assert.ok(html.includes('href="https://github.com/acme/infra/commit/4f2c9d1a5b6c7d8e9f00112233445566778899aa"'));
  assert.ok(html.includes('href="https://github.com/acme/infra/pull/42"'));
});

test('the approve box counts by what happens and names every resource that would be destroyed', async () => {
  const { text } = await get(`/runs/${world.waiting}`);
  const counts = '2 to add, 2 to change, 2 to destroy (1 replaced, counted as add and destroy)';
  assert.ok(
    text.includes(
      `This plan changes 5 resources in network-prod ${counts} 1 resource will be destroyed: aws_db_instance.legacy`,
    ),
  );
  assert.ok(text.includes(`Changes ${counts}`));
  assert.match(text, /1 resource will be destroyed and made anew: aws_instance\.worker/);
});

test('the changes tell sensitive from unknown, and name moves, imports, outputs and drift', async () => {
  const { html, text } = await get(`/runs/${world.waiting}`);
  assert.match(text, /user_data \(sensitive value\)/);
  assert.match(text, /ami "ami-0a1b2c3d" → "ami-9f8e7d6c" forces replacement/);
  assert.match(text, /arn \(known after apply\)/);
  assert.match(text, /tags\.Notes first - second \+ third/);
  assert.match(text, /moved from aws_route53_zone\.main/);
  assert.match(text, /imported from Z1ABC_www_A, will be updated in-place/);
  assert.match(text, /Outputs ~ web_ip "10\.0\.0\.4" → \(known after apply\)/);
  assert.match(html, /id="drift"[\s\S]*aws_security_group\.web/);
});

test('phases that run or failed are open, those that succeeded closed', async () => {
  const failed = await get(`/runs/${world.failed}`);
  assert.match(failed.html, /<details class="card phase" open="" data-phase="planning">/);
  assert.match(failed.html, /<details class="card phase" data-phase="preparing">/);
  const running = await get(`/runs/${world.running}`);
  assert.match(running.html, /<details class="card phase" open="" data-phase="planning">/);
});

test('a failed run shows the error with its line on GitHub, and ends with Failed', async () => {
  const { html, text } = await get(`/runs/${world.failed}`);
  assert.match(text, /Failed while planning: Unsupported argument/);
  assert.ok(
    html.includes(
      'href="https://github.com/acme/infra/blob/4f2c9d1a5b6c7d8e9f00112233445566778899aa/infra/dns/main.tf#L12"',
    ),
  );
  assert.match(text, /Failed, failed Unsupported argument/);
  assert.ok(!text.includes('Applying'));
});

/** What the page of a run with these columns says that it waits for. */
async function waitOf(run: Parameters<typeof seedRun>[1], on?: Seeded): Promise<string> {
  const id = await seedRun(on ?? (await seedStack(base.db, `waits-${randomUUID()}`)), run);
  const { html, text } = await get(`/runs/${id}`);
  assert.match(html, /<div class="notice wait">/);
  return text;
}

test('a queued run says which run is first, what can be done about it, and how it goes on', async () => {
  const { text } = await get(`/runs/${world.queued}`);
  assert.match(
    text,
    /Waits for run #\d+\. Place 1 in the queue of this stack\. Run #\d+ is first \(Needs approval\), as one run at a time changes a stack\. Approve or discard it\. This run goes on by itself when that one has ended\./,
  );
  assert.match(text, /RUN HISTORY .* Queued, waiting /);
});

test('the engine of a run that ended before one was chosen is not waited for', async () => {
  assert.match((await get(`/runs/${world.queued}`)).text, /IAC not chosen yet/);
  const ended = await seedRun(stack, { status: 'canceled', ended_at: new Date() });
  assert.match((await get(`/runs/${ended}`)).text, /IAC – /);
});

test('what a run waits for depends on what the one in front of it does', async () => {
  const busy = await seedStack(base.db, 'busy');
  const front = await seedRun(busy, { status: 'applying', lease_expires_at: new Date(Date.now() + 60_000) });
  assert.match(
    await waitOf({}, busy),
    /is first \(Applying\), as one run at a time changes a stack\. Wait for it\. To cancel it interrupts its engine/,
  );
  assert.match(await waitOf({}, busy), /Place 2 in the queue of this stack\./);
  await base.db.updateTable('runs').set({ status: 'planning' }).where('id', '=', front).execute();
  assert.match(await waitOf({}, busy), /is first \(Planning\).* Wait for it, or cancel it\./);
  await base.db.updateTable('runs').set({ status: 'unconfirmed' }).where('id', '=', front).execute();
  assert.match(
    await waitOf({ after_runs: [front] }),
    /Waits for busy, run #\d+\. Run #\d+ of busy is first \(Needs approval\), as this stack depends on that one\. Approve it\. This run goes on by itself when that one has finished; if it fails, is discarded or is canceled, this one is discarded\./,
  );
});

test('a run that waits for a worker says so, and how to get one', async () => {
  assert.match(await waitOf({}), /Waits for a worker, and none is running: start one with npm run start:worker\./);
  const id = randomUUID();
  await base.db.insertInto('workers').values({ id, host: 'one', pid: 1, slots: 3 }).execute();
  assert.match(
    await waitOf({ status: 'approved', approved_by: 'kim' }),
    /Waits for a free worker slot \(3 in all\)\. It starts by itself when one of the runs at work has ended\. For more at once, start another worker \(npm run start:worker\) or raise ZENFRA_WORKER_SLOTS\./,
  );
  await base.db.deleteFrom('workers').where('id', '=', id).execute();
});

test('a run whose worker is lost says what becomes of it', async () => {
  const lost = { lease_expires_at: new Date(Date.now() - 10_000) };
  assert.match(
    await waitOf({ status: 'planning', ...lost }),
    /Its worker has not been heard of for a while\. Another worker takes the run as soon as one is free\./,
  );
  assert.match(
    await waitOf({ status: 'applying', ...lost }),
    /Another worker of the same machine takes the apply over, if there is one within a minute\. Else nobody knows/,
  );
});

test('the changes are filtered by a part of the address and by what happens, both in the page’s address', async () => {
  const { html } = await get(`/runs/${world.waiting}?address=AWS_Instance&change=update`);
  const rows = [...html.matchAll(/<(?:details|div) class="change is-(\w+)"([^>]*)>[\s\S]*?<code>([^<]+)<\/code>/g)];
  assert.deepEqual(
    rows.flatMap(([, kind, more = '', address]) => (/hidden/.test(more) ? [] : [`${kind} ${address}`])),
    ['replace aws_instance.worker', 'update aws_instance.web'],
  );
  assert.match(html, /<input type="radio" name="change" value="update" checked=""\/>/);
  assert.match(html, /<input type="search" name="address" value="AWS_Instance"/);
  const reader = await get(`/runs/${world.waiting}?address=${'x'.repeat(300)}&change=no-such`, 'read');
  assert.match(reader.html, new RegExp(`content="10;url=/runs/${world.waiting}\\?address=x{200}"`));
  assert.match(reader.html, /<input type="radio" name="change" value="all" checked=""\/>/);
});

test('the lines of a log are not read out as they come', async () => {
  assert.match((await get(`/runs/${world.running}`)).html, /id="planning-log" role="log" aria-live="off" tabindex="0"/);
});

test('a run that no worker takes says so, and what to do about it', async () => {
  const { text } = await get(`/runs/${await seedRun(stack, { type: 'plan_only' })}`);
  assert.match(text, /Waits for a worker, and none is running: start one with npm run start:worker\./);
});

test('what keeps a stack held is named, with the way out', async () => {
  const held = await seedStack(base.db, 'held');
  await base.db
    .insertInto('stack_holds')
    .values({
      stack_id: held.stackId,
      reason: 'pull_request',
      pull_request_number: 41,
      note: 'locked by #41',
      created_by: 'lee',
    })
    .execute();
  const id = await seedRun(held, { status: 'unconfirmed' });
  await seedPlan(held, id, planOf([resource('a.b', 'create')]));
  const { html, text } = await get(`/runs/${id}`);
  assert.match(
    text,
    /The stack is held: locked by #41\. Since just now, by lee\. Merge or close #41, release it here, or comment \/unlock there\. Release/,
  );
  assert.match(text, /Whoever has write permission on the repository can approve it here, once the stack is free\./);
  assert.doesNotMatch(html, /Approve and apply/);
});

test('until when a plan can be applied is said, and no button is there for one that is too old', async () => {
  const old = await seedStack(base.db, 'soon-too-old');
  const inAWeek = new Date(Date.now() + 7 * 24 * 3_600_000);
  const id = await seedRun(old, { status: 'unconfirmed', deadline_at: inAWeek });
  const plan = await seedPlan(old, id, planOf([resource('a.b', 'create')]));
  assert.match((await get(`/runs/${id}`)).text, /Discarded by itself on /);
  const approval = { requirements: [], permission: 'write', selfApprove: true, expiresMs: 8 * 3_600_000 };
  const definition = JSON.stringify({ name: 'soon-too-old', path: 'x', approval });
  await base.db.updateTable('stacks').set({ definition }).where('id', '=', old.stackId).execute();
  assert.match((await get(`/runs/${id}`)).text, /To be applied until .* Approve and apply/);
  const created_at = new Date(Date.now() - 9 * 3_600_000);
  await base.db.updateTable('plans').set({ created_at }).where('id', '=', plan).execute();
  const { text } = await get(`/runs/${id}`);
  assert.match(text, /Too old since .* It cannot be applied any more\. Re-run it, and approve the new plan\./);
  assert.doesNotMatch(text, /Approve and apply|Discarded by itself/);
});

test('where nobody may approve their own change, the page says so', async () => {
  const strict = await seedStack(base.db, 'four-eyes');
  const id = await seedRun(strict, { status: 'unconfirmed' });
  await seedPlan(strict, id, planOf([resource('a.b', 'create')]));
  const approval = { requirements: [], permission: 'write', selfApprove: false, expiresMs: null };
  const definition = JSON.stringify({ name: 'four-eyes', path: 'x', approval });
  await base.db.updateTable('stacks').set({ definition }).where('id', '=', strict.stackId).execute();
  const { text } = await get(`/runs/${id}`);
  assert.match(
    text,
    /Whoever has write permission on the repository and did not make the change can approve it here\./,
  );
  assert.match(
    (await get(`/runs/${id}`, 'read')).text,
    /Somebody with write permission .* who did not make the change can/,
  );
});

test('a running page refreshes itself without scripts, one that ended or has a form does not', async () => {
  assert.match(
    (await get(`/runs/${world.running}`)).html,
    new RegExp(`<noscript><meta http-equiv="refresh" content="3;url=/runs/${world.running}"/></noscript>`),
  );
  assert.doesNotMatch((await get(`/runs/${world.finished}`)).html, /http-equiv="refresh"|data-refresh/);
  assert.doesNotMatch((await get(`/runs/${world.waiting}`)).html, /http-equiv="refresh"/);
  assert.match((await get(`/runs/${world.waiting}`, 'read')).html, /http-equiv="refresh"/);
});

test('the tab shows the status in its title and icon', async () => {
  const { html } = await get(`/runs/${world.waiting}`);
  assert.match(html, /<title>Needs approval · network-prod #\d+ · Zenfra<\/title>/);
  assert.match(html, /<link rel="icon" type="image\/svg\+xml" href="\/assets\/[0-9a-f]{12}\/favicon-wait\.svg"\/>/);
});

test('who may only read finds no buttons, and who may approve', async () => {
  const { html, text } = await get(`/runs/${world.waiting}`, 'read');
  assert.doesNotMatch(html, /<form[^>]+method="post" action="\/runs/);
  assert.match(text, /Somebody with write permission on the repository can approve it here\./);
});

test('names and values from outside are shown, never run', async () => {
  const evil = '"><img/src=x onerror=alert(1)>';
  const id = await seedRun(stack, {
    branch: evil,
    commit_title: `</title><script>alert(1)</script>\u202egnp`,
    triggered_by: `${evil}`,
    trigger_reason: 'push touched \u202e<b>x</b>',
    type: 'plan_only',
  });
  await seedPlan(
    stack,
    id,
    planOf([
      resource(`x.${evil}`, 'update', {
        attributes: [
          {
            path: evil,
            before: { kind: 'known', text: '<script>' },
            after: { kind: 'known', text: '\u202e</pre>' },
            forcesReplacement: false,
          },
        ],
      }),
    ]),
  );
  const { html } = await get(`/runs/${id}`);
  assert.doesNotMatch(html, /<img|<script>|<b>x|\u202e/);
  assert.ok(html.includes('\\u202e'));
  assert.match(
    html,
    /href="https:\/\/github\.com\/acme\/infra\/tree\/%22%3E%3Cimg\/src%3Dx%20onerror%3Dalert\(1\)%3E"/,
  );
});

test('a run is found by its number too; everything else is not found', async () => {
  const run = await base.db
    .selectFrom('runs')
    .select('number')
    .where('id', '=', world.failed)
    .executeTakeFirstOrThrow();
  const redirected = await get(`/runs/${run.number}`);
  assert.equal(redirected.response.status, 302);
  assert.equal(redirected.response.headers.get('Location'), `/runs/${world.failed}`);
  for (const id of [
    '0',
    '999999',
    '99999999999999999999',
    randomUUID(),
    'x',
    '%00',
    '..%2f..',
    `${world.failed}%00`,
    'a'.repeat(10_000),
  ]) {
    const { response, text } = await get(`/runs/${id}`);
    assert.equal(response.status, 404, id.slice(0, 40));
    assert.match(text, /Nothing here/);
  }
});

test('a plan that another run applied says so, one that can be applied says how, and one that cannot says why', async () => {
  const ended = { type: 'plan_only' as const, status: 'finished' as const, ended_at: new Date() };
  const number = await seedRun(stack, { ...ended, pull_request_number: 9 });
  const plan = await seedPlan(stack, number, planOf([resource('a.b', 'create')]));
  const fateWhile = async (change: Partial<PullRequest>) => {
    const pull = { state: 'open' as const, draft: false, fork: false, head_sha: commit, ...change };
    const names = { title: 'Nine', author: 'lee', head_ref: 'nine', base_ref: 'main' };
    await upsertPullRequest(base.db, { repository_id: 7, number: 9, ...names, ...pull });
    return (await get(`/runs/${number}`)).text;
  };
  assert.match(
    await fateWhile({}),
    /To apply this plan, comment on #9 : \/approve scratch 4f2c9d1 .* Changes 1 to add/,
  );
  const [, notice] = /class="notice info"(.*?)<\/button>/.exec((await get(`/runs/${number}`)).html) ?? [];
  assert.match(
    notice ?? '',
    /href="https:\/\/github.com\/acme\/infra\/pull\/9".*data-copy="\/approve scratch 4f2c9d1"/,
  );
  const refused: [Partial<PullRequest>, RegExp][] = [
    [{ head_sha: 'b'.repeat(40) }, /This plan is out of date: #9 is at bbbbbbb by now\./],
    [{ state: 'closed' }, /This plan is not applied: #9 is closed\./],
    [{ state: 'merged' }, /This plan is not applied: #9 is merged\. What is applied is the plan of its push\./],
    [{ draft: true }, /This plan is not applied: #9 is a draft\. Mark it ready for review\./],
    [{ fork: true }, /This plan is not applied: #9 comes from a fork\./],
  ];
  for (const [change, sentence] of refused) {
    const text = await fateWhile(change);
    assert.match(text, sentence);
    assert.doesNotMatch(text, /\/approve/);
  }
  await fateWhile({});
  const newer = await seedRun(stack, { ...ended, pull_request_number: 9 });
  assert.match(
    (await get(`/runs/${number}`)).text,
    /This plan is out of date: the same commit was planned again by run #/,
  );
  await base.db.deleteFrom('runs').where('id', '=', newer).execute();
  const applier = await seedRun(stack, { status: 'applying', adopted_plan_id: plan, approved_by: 'kim' });
  await base.db.insertInto('applies').values({ plan_id: plan, run_id: applier }).execute();
  assert.match((await get(`/runs/${number}`)).text, /Applied by run #\d+/);
  assert.match((await get(`/runs/${applier}`)).text, /The plan of run #\d+, as it was approved/);
  await base.db
    .updateTable('runs')
    .set({ status: 'finished', ended_at: new Date() })
    .where('id', '=', applier)
    .execute();
});

test('where the engine could not save its state, the page says first what became of it', async () => {
  const diagnostics = [{ severity: 'error' as const, summary: 'Failed to persist state to backend', detail: 'Retry.' }];
  const saving = {
    phase: 'applying' as const,
    reason: 'exit' as const,
    headline: 'Failed',
    detail: 'Error',
    diagnostics,
  };
  for (const [kept, said] of [
    [{ stored: true as const, serial: '2' }, /was stored as serial 2, so nothing of it is lost;.*Failed to persist/s],
    [{ stored: false as const, id: 'a1b2', why: 'x' }, /It is kept aside as a1b2\. .*Failed to persist/s],
  ] as const) {
    const failure = JSON.stringify(tellRescue(saving, kept));
    const id = await seedRun(stack, { status: 'failed', failure, ended_at: new Date() });
    assert.match((await get(`/runs/${id}`)).text, said);
  }
});

test('of an apply that broke off, each resource says what was reported of it, and no more', async () => {
  const failure = { phase: 'applying', reason: 'engine', headline: 'x', detail: '', diagnostics: [] };
  const steps = [
    { address: 'a.half', action: 'delete', result: 'done', elapsed: '1s' },
    { address: 'a.whole', action: 'delete', result: 'done', elapsed: '1s' },
    { address: 'a.whole', action: 'create', result: 'done', elapsed: '2s' },
    { address: 'a.first', action: 'create', result: 'done', elapsed: '3s' },
    { address: 'a.second', action: 'create', result: 'done', elapsed: '3s' },
    { address: 'a.second (deposed object 0a1b2c3d)', action: 'delete', result: 'done', elapsed: '4s' },
    { address: 'a.old (deposed object 99aabbcc)', action: 'delete', result: 'started' },
  ];
  const ended = { status: 'failed' as const, failure: JSON.stringify(failure), ended_at: new Date() };
  const id = await seedRun(stack, { ...ended, apply_steps: JSON.stringify(steps) });
  const planned = [
    ...['a.half', 'a.whole'].map((address) => resource(address, 'replace')),
    ...['a.first', 'a.second'].map((address) => resource(address, 'replace', { createBeforeDestroy: true })),
    ...['a.old', 'a.old (deposed 99aabbcc)'].map((address) => resource(address, 'delete')),
  ];
  await seedPlan(stack, id, planOf(planned));
  const { html } = await get(`/runs/${id}`);
  const rows = [...html.matchAll(/<span class="why" id="change-\d">(.*?)<\/span><\/(?:div|summary)>/g)];
  assert.deepEqual(
    rows.map(([, row = '']) => textOf(row).trim()),
    [
      'will be replaced destroyed in 1s',
      'replaced done in 2s',
      'will be replaced, new one made first created in 3s',
      'replaced, new one made first done in 4s',
      'will be destroyed',
      'will be destroyed started, its end was not reported',
    ],
  );
  assert.doesNotMatch(html, /<span class="step[^>]*>\s*<svg[^>]*turn/);
});

test('a run that was canceled in the queue ends there', async () => {
  const id = await seedRun(stack, {
    type: 'plan_only',
    status: 'canceled',
    ended_at: new Date(),
    ended_because: 'Canceled by kim',
  });
  await seedPhase(base.db, id, 'queued', { at: new Date(), seconds: 1, outcome: 'canceled' });
  const { text } = await get(`/runs/${id}`);
  assert.match(text, /Canceled by kim/);
  assert.ok(!text.includes('Preparing'));
});

test('a log is empty until something was written', async () => {
  const id = await seedRun(stack, { type: 'plan_only', status: 'planning' });
  await seedPhase(base.db, id, 'planning', { at: new Date() });
  assert.match((await get(`/runs/${id}`)).text, /Nothing has been written yet\./);
  await seedLog(base.db, { runId: id, phase: 'planning' }, ['first line\n']);
  assert.match((await get(`/runs/${id}`)).html, /<code id="planning-L1" data-n="1"[^>]*>first line<\/code>/);
});
