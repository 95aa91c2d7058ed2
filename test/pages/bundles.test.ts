import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { openContents, saveVersion } from '../../src/bundle/store.ts';
import { listBundlesInForce } from '../../src/db/bundles.ts';
import { getStack } from '../../src/db/stacks.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import {
  formToken,
  masterKey,
  openPages,
  publicUrl,
  type Seeded,
  seedBundle,
  seedRun,
  seedStack,
  textOf,
} from './seed.ts';

let base: TestDatabase;
let stack: Seeded;
let bundle = '';
before(async () => {
  base = await createTestDatabase();
  stack = await seedStack(base.db);
  bundle = await seedBundle(stack, 'aws-prod');
});
after(() => base.drop());

async function get(path: string, level: 'read' | 'admin' = 'admin') {
  const response = await openPages(base.db, { level }).app.request(path);
  const html = await response.text();
  return { status: response.status, html, text: textOf(html) };
}

async function post(path: string, form: Record<string, string>) {
  const body = new URLSearchParams({ form_token: formToken, ...form }).toString();
  const headers = { Origin: publicUrl, 'Content-Type': 'application/x-www-form-urlencoded' };
  const response = await openPages(base.db, { level: 'admin' }).app.request(path, { method: 'POST', body, headers });
  const html = await response.text();
  return { status: response.status, location: response.headers.get('location') ?? '', html, text: textOf(html) };
}

/** The form of the bundle’s page, or of another one, as a browser would send it, with changes. */
async function filled(changes: Record<string, string | null>, page?: string): Promise<Record<string, string>> {
  const html = page ?? (await get(`/bundles/${bundle}`)).html;
  const form: Record<string, string> = {};
  for (const [, tag = ''] of html.matchAll(/<input ([^>]*)>/g)) {
    const [name, value, type] = ['name', 'value', 'type'].map((one) => new RegExp(`${one}="([^"]*)"`).exec(tag)?.[1]);
    if (name === undefined || !/^(variable|file|version)/.test(name)) continue;
    if (type !== 'checkbox') form[name] = value ?? '';
    else if (/ checked/.test(tag)) form[name] = 'on';
  }
  for (const [, name = '', value = ''] of html.matchAll(/<textarea [^>]*name="([^"]*)"[^>]*>\n?([^<]*)</g))
    form[name] = value;
  for (const [, name = '', value = ''] of html.matchAll(
    /<select name="(\w+\.\d+\.available)">.*?value="(\w+)" selected/gs,
  ))
    form[name] = value;
  return Object.fromEntries(
    Object.entries({ ...form, ...changes }).filter((entry): entry is [string, string] => entry[1] !== null),
  );
}

test('a bundle shows what is in it and never a secret', async () => {
  const { html, text } = await get(`/bundles/${bundle}`);
  assert.match(html, /value="AWS_SECRET_ACCESS_KEY"/);
  assert.match(html, /eu-west-1/);
  assert.match(html, /secret, kept if empty/);
  assert.doesNotMatch(html, /never to be seen/);
  assert.match(
    text,
    /Versions Version Changed By When 1 AWS_REGION added, AWS_SECRET_ACCESS_KEY added, secrets\/key\.json added kim/,
  );
  const list = await get('/bundles');
  assert.match(list.text, /aws-prod The account acme\/infra 2 variables, 1 file stack network-prod/);
});

test('who only reads the repository sees which bundle a stack gets and what from, and no value', async () => {
  assert.equal((await get(`/bundles/${bundle}`, 'read')).status, 403);
  assert.doesNotMatch((await get('/bundles', 'read')).text, /aws-prod/);
  const { html, text } = await get(`/stacks/${stack.stackId}/settings`, 'read');
  assert.match(text, /aws-prod version 1 \(by stack network-prod, priority 10\)\./);
  assert.match(text, /AWS_REGION planning and applying aws-prod AWS_SECRET_ACCESS_KEY secret applying aws-prod/);
  assert.match(text, /secrets\/key\.json file secret planning and applying aws-prod/);
  assert.doesNotMatch(html, /never to be seen|eu-west-1/);
});

test('a description with a NUL makes no bundle, and is told', async () => {
  const { status, text } = await post('/bundles', { repository: '7', name: 'nul', description: 'a\0b' });
  assert.equal(status, 409);
  assert.match(text, /The description has a NUL character\. Nothing was made\./);
});

test('a saved form is a new version that keeps the secrets whose fields were left empty', async () => {
  const form = await filled({
    'variable.0.value': 'eu-north-1',
    'variable.2.name': 'NEW',
    'variable.2.value': 'one\r\ntwo',
  });
  assert.equal(form['variable.1.value'], '', 'the form has no secret');
  const { status, location } = await post(`/bundles/${bundle}/save`, form);
  assert.deepEqual([status, location], [303, `/bundles/${bundle}?done=bundle_saved`]);
  const { text } = await get(`/bundles/${bundle}`);
  assert.match(text, /2 AWS_REGION changed, NEW added kim/);
  const [inForce] = await listBundlesInForce(base.db, await getStack(base.db, stack.stackId));
  assert.equal(inForce?.number, 2);
  assert.ok(inForce);

  const { variables, files } = await openContents(base.db, masterKey, inForce.versionId);
  assert.deepEqual(
    variables.map(({ key, value }) => [key, value]),
    [
      ['AWS_REGION', 'eu-north-1'],
      ['AWS_SECRET_ACCESS_KEY', 'never to be seen'],
      ['NEW', 'one\ntwo'],
    ],
  );
  assert.equal(files[0]?.content, '{"also": "never to be seen"}');
});

test('an empty bundle has room for what docs/bundles.md has filled in and saved at once', async () => {
  const made = await post('/bundles', { repository: '7', name: 'aws-staging' });
  const page = made.location.split('?')[0] ?? '';
  const docs = await readFile(new URL('../../docs/bundles.md', import.meta.url), 'utf8');
  const rows = [...docs.matchAll(/^ *\| `(\w+)` \| (planning|applying) only \| yes/gm)];
  assert.equal(rows.length, 4);
  const form = await filled({}, (await get(page)).html);
  for (const [index, [, name = '', available = '']] of rows.entries()) {
    const field = `variable.${index}`;
    assert.equal(form[`${field}.secret`], 'on', `there is an empty row ${index}, and what is new is secret`);
    Object.assign(form, {
      [`${field}.name`]: name,
      [`${field}.value`]: 'x'.repeat(9),
      [`${field}.available`]: available,
    });
  }
  assert.match((await post(`${page}/save`, form)).location, /bundle_saved$/);
  const saved = await base.db
    .selectFrom('bundle_versions')
    .select('outline')
    .where('bundle_id', '=', page.slice(9))
    .execute();
  assert.deepEqual(
    saved[0]?.outline.map(({ name, available, secret }) => [name, available, secret]).sort(),
    rows.map(([, name, available]) => [name, available, true]).sort(),
  );
});

test('a form is refused whole, with each reason: a refused name, a visible secret, one that was overtaken', async () => {
  const preload = await post(`/bundles/${bundle}/save`, await filled({ 'variable.0.name': 'LD_PRELOAD' }));
  assert.equal(preload.status, 409);
  assert.match(
    preload.text,
    /LD_PRELOAD cannot be set: it decides which code runs, or where the state goes\. Nothing was saved\./,
  );
  const shown = await post(`/bundles/${bundle}/save`, await filled({ 'variable.1.secret': null }));
  assert.match(shown.text, /To make AWS_SECRET_ACCESS_KEY visible, enter its value again\./);
  const pressedAgain = await post(`/bundles/${bundle}/save`, await filled({}, shown.html));
  assert.match(pressedAgain.text, /To make AWS_SECRET_ACCESS_KEY visible, enter its value again\./);
  const late = await post(`/bundles/${bundle}/save`, await filled({ version: '1' }));
  assert.match(late.text, /While this form was open, kim has saved version 2\./);
  assert.deepEqual(await filled({}, late.html), await filled({}), 'the page has what is there now');
  const path = await post(`/bundles/${bundle}/save`, await filled({ 'file.0.name': '../../etc/cron.d/x' }));
  assert.match(path.text, /leaves the stack’s directory/);
  const nameless = await post(
    `/bundles/${bundle}/save`,
    await filled({ 'variable.0.name': '', 'variable.4.value': 'x' }),
  );
  assert.match(
    nameless.text,
    /AWS_REGION has lost its name\..* A variable was filled in without a name\. Nothing was saved/,
  );
  assert.match((await get(`/bundles/${bundle}`)).text, /version 2 The account/);
});

test('a form that changes nothing makes no version, and says so', async () => {
  const { location } = await post(`/bundles/${bundle}/save`, await filled({}));
  assert.match((await get(location)).text, /no new one was made.*version 2 The account/);
});

test('whoever sets a secret of one letter is warned that it is not masked', async () => {
  const { location } = await post(`/bundles/${bundle}/save`, await filled({ 'variable.1.value': 'x' }));
  assert.match(location, /bundle_saved_short/);
  const { text } = await get(location);
  assert.match(text, /A secret of less than four bytes is not hidden in logs/);
  assert.match(text, /Not masked in logs, because it is shorter than four bytes: AWS_SECRET_ACCESS_KEY\./);
});

test('a bundle is attached by a label as well, and of one variable the higher priority is shown to prevail', async () => {
  const variables = [
    { key: 'AWS_REGION', value: 'us-east-1', secret: false, description: '', available: 'both' as const },
  ];
  const common = await seedBundle(stack, 'common', { variables, files: [] });
  await base.db.deleteFrom('bundle_attachments').where('bundle_id', '=', common).execute();
  const definition = JSON.stringify({ name: 'network-prod', path: 'x', labels: ['team-a'], environment: 'prod' });
  await base.db.updateTable('stacks').set({ definition }).where('id', '=', stack.stackId).execute();
  const attach = (fields: Record<string, string>) => post(`/bundles/${common}/attach`, fields);
  assert.equal((await attach({ to: 'label', name: 'prod', priority: '50' })).status, 303);
  assert.match((await attach({ to: 'label', name: 'A b', priority: '50' })).text, /is not a name/);
  assert.match((await attach({ to: 'label', name: 'prod', priority: '-1' })).text, /from 0 to 1000/);
  const { text } = await get(`/stacks/${stack.stackId}/settings`, 'read');
  assert.match(text, /common version 1 \(by label prod, priority 50\), then aws-prod version 3/);
  assert.match(text, /AWS_REGION planning and applying common over aws-prod/);
  const detached = await base.db
    .selectFrom('bundle_attachments')
    .select('id')
    .where('bundle_id', '=', common)
    .executeTakeFirstOrThrow();
  await post(`/bundles/${common}/detach`, { attachment: String(detached.id) });
  assert.doesNotMatch((await get(`/stacks/${stack.stackId}/settings`)).text, /common/);
});

test('a run says which versions it had; a bundle that is removed gives nothing any more and takes its typed name', async () => {
  const run = await seedRun(stack, { status: 'finished', ended_at: new Date() });
  const [version] = await listBundlesInForce(base.db, await getStack(base.db, stack.stackId));
  assert.ok(version);
  await base.db
    .insertInto('run_bundles')
    .values({ run_id: run, position: 0, bundle_version_id: version.versionId })
    .execute();
  assert.match((await get(`/runs/${run}`)).text, /Bundles aws-prod version 3/);
  assert.match((await post(`/bundles/${bundle}/remove`, { confirm: 'aws' })).text, /type the bundle’s name, aws-prod/);
  assert.equal((await post(`/bundles/${bundle}/remove`, { confirm: 'aws-prod' })).status, 303);
  assert.equal((await get(`/bundles/${bundle}`)).status, 404);
  assert.deepEqual(await listBundlesInForce(base.db, await getStack(base.db, stack.stackId)), []);
  assert.match((await get(`/runs/${run}`)).text, /Bundles aws-prod version 3/);
  const late = { bundleId: bundle, from: 3, contents: { variables: [], files: [] }, user: 'kim' };
  const removed = { ok: false, problems: ['This bundle was removed.'], overtaken: false };
  assert.deepEqual(await saveVersion({ db: base.db, masterKey }, late), removed);
  assert.match(
    (await post('/bundles', { repository: '7', name: 'aws-prod' })).location,
    /bundle_made/,
    'the name is free again',
  );
});
