import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { signInWith } from '../../src/access/sign-in.ts';
import type { SignedIn } from '../../src/access/signed-in.ts';
import { sessionHours } from '../../src/db/sessions.ts';
import { type FaultyCall, secondaryRateLimit } from '../../src/sandbox/faults.ts';
import { openScene } from '../support/scene.ts';
import { makeRepository, openPull, push, settledRuns } from '../support/small-repository.ts';
import { Person } from './person.ts';
import { masterKey, openPages, publicUrl } from './seed.ts';

const scene = await openScene({ after }, { mustSignIn: true });
const repository = await makeRepository(scene, 'guarded');
await push(scene, repository, 'main');
const [run] = await settledRuns(scene, repository, 1);
assert.ok(run);
const runPath = `/runs/${run.id}`;
scene.sandbox.createUser('stranger');

function visitor() {
  return new Person(scene.url);
}

test('a link to a run leads through GitHub’s sign-in and back to the run', async () => {
  const kim = visitor();
  const first = await kim.get(runPath);
  assert.deepEqual([first.status, first.location], [302, `/sign-in?return_to=${encodeURIComponent(runPath)}`]);
  const github = await kim.get(first.location);
  assert.equal(github.status, 302);
  const asked = new URL(github.location);
  assert.equal(asked.origin, scene.sandbox.url);
  assert.equal(asked.searchParams.get('code_challenge_method'), 'S256');
  assert.ok((asked.searchParams.get('state') ?? '').length >= 40);
  const back = await kim.agreeAs('kim', github.location);
  assert.deepEqual([back.status, back.location], [303, runPath]);
  const page = await kim.get(runPath);
  assert.equal(page.status, 200);
  assert.match(page.text, /Sign out/);
  assert.match(page.text, /Approve and apply/);
});

test('who presses a button when the session has ended is led by the sign-in to the page with the button', async () => {
  const pressed = async (referrer: string, button = `${runPath}/approve`) => {
    const headers = { Origin: scene.url, Referer: `${scene.url}${referrer}` };
    const answer = await fetch(`${scene.url}${button}`, { method: 'POST', headers });
    assert.equal(answer.status, 401);
    return /href="(\/sign-in\?[^"]+)"/.exec(await answer.text())?.[1];
  };
  assert.equal(
    await pressed(`${runPath}?phase=planning`),
    `/sign-in?return_to=${encodeURIComponent(`${runPath}?phase=planning`)}`,
  );
  assert.equal(await pressed(`${runPath}/approve`), `/sign-in?return_to=${encodeURIComponent('/')}`);
  assert.equal(await pressed('/bundles', '/bundles'), `/sign-in?return_to=${encodeURIComponent('/bundles')}`);
});

test('the session’s cookie is for this host, unreadable to scripts, not sent by other sites, and lives eight hours', async () => {
  const kim = visitor();
  await kim.signIn('kim');
  const cookie = kim.setCookies.find((one) => one.startsWith('zenfra_session='));
  assert.match(cookie ?? '', /; Max-Age=28800; Path=\/; HttpOnly; SameSite=Lax$/);
  const { rows } = await scene.database.pool.query(
    'select extract(epoch from expires_at - created_at) as life from sessions',
  );
  assert.ok(rows.every(({ life }) => Math.abs(Number(life) - sessionHours * 3600) < 5));
});

test('neither the cookie nor GitHub’s token is in the database as it is', async () => {
  const kim = visitor();
  await kim.signIn('kim');
  const { rows } = await scene.database.pool.query('select to_json(sessions)::text as row, github_token from sessions');
  for (const { row, github_token: token } of rows) {
    assert.ok(!row.includes(kim.cookie('zenfra_session')));
    assert.ok(!Buffer.from(token).includes('ghu_'));
  }
});

test('who may read sees, and is told what it takes to act', async () => {
  const lee = visitor();
  await lee.signIn('lee');
  const page = await lee.get(runPath);
  assert.equal(page.status, 200);
  assert.doesNotMatch(page.text, /method="post" action="\/runs/);
  const pressed = await lee.press(`${runPath}/approve`, { plan: 'x' }, page.text);
  assert.equal(pressed.status, 403);
  assert.match(pressed.text, /This needs write permission on acme\/guarded, and lee has read\./);
});

test('others’ runs are not there, even by their numbers', async () => {
  const stranger = visitor();
  await stranger.signIn('stranger');
  for (const path of [runPath, `${runPath}/logs/planning.txt`, `/runs/${run.number}`, `/stacks/${run.stack_id}`])
    assert.equal((await stranger.get(path)).status, 404, path);
  assert.match((await stranger.get('/')).text, /No stacks yet/);
});

test('a permission that is taken away counts at the next press', async () => {
  const kim = visitor();
  await kim.signIn('kim');
  const page = await kim.get(runPath);
  scene.sandbox.setPermission(repository, 'kim', 'read');
  const pressed = await kim.press(`${runPath}/cancel`, {}, page.text);
  scene.sandbox.setPermission(repository, 'kim', 'write');
  assert.equal(pressed.status, 403);
  const [now] = await settledRuns(scene, repository, 1);
  assert.equal(now?.status, 'unconfirmed');
});

test('after signing out the old cookie opens nothing', async () => {
  const kim = visitor();
  await kim.signIn('kim');
  const page = await kim.get('/');
  const stolen = kim.cookie('zenfra_session');
  const out = await kim.press('/sign-out', {}, page.text);
  assert.equal(out.status, 200);
  assert.match(out.text, /You are signed out here\./);
  const thief = visitor();
  thief.setCookie('zenfra_session', stolen);
  assert.equal((await thief.get('/')).status, 302);
});

test('a session that is over leads to sign in again', async () => {
  const kim = visitor();
  await kim.signIn('kim');
  await scene.database.pool.query(`update sessions set expires_at = now() - interval '1 second'`);
  const ended = await kim.get('/');
  assert.equal(ended.status, 302);
  // Browsers ask the page’s policy for each redirect of a form: a search then leads to GitHub as well.
  assert.match(ended.policy, new RegExp(`form-action 'self' ${scene.sandbox.url};`));
});

test('a form of one person’s page does not act for another', async () => {
  const [kim, lee] = [visitor(), visitor()];
  await kim.signIn('kim');
  await lee.signIn('lee');
  const theirs = await lee.get(runPath);
  const pressed = await kim.press(`${runPath}/cancel`, {}, theirs.text);
  assert.equal(pressed.status, 403);
  assert.match(pressed.text, /of an earlier sign-in, or of another person’s/);
});

test('return_to leads to pages of ours alone', async () => {
  for (const [wanted, lands] of [
    ['//evil.example', '/'],
    ['/\\evil.example', '/'],
    ['\\\\evil.example', '/'],
    ['javascript:alert(1)', '/'],
    ['https://evil.example/', '/'],
    ['/%2f/evil.example', '/%2f/evil.example'],
    ['/\t/evil.example', '/'],
    ['/sign-out', '/'],
    ['', '/'],
    ['/stacks?x=1#y', '/stacks?x=1#y'],
  ] as const) {
    const kim = visitor();
    const begun = await kim.get(`/sign-in?return_to=${encodeURIComponent(wanted)}`);
    assert.equal((await kim.agreeAs('kim', begun.location)).location, lands, wanted);
  }
});

test('a callback without state, with another’s state, without its cookie, or with a used code signs nobody in', async () => {
  const kim = visitor();
  const begun = await kim.get('/sign-in');
  const state = new URL(begun.location).searchParams.get('state') ?? '';
  for (const query of [
    '',
    'code=x',
    `state=${state}`,
    `code=x&state=${state.slice(1)}x`,
    'code=x&state=',
    `code=x&state=${'y'.repeat(9000)}`,
  ])
    assert.equal((await kim.get(`/sign-in/callback?${query}`)).status, 400, query.slice(0, 40));
  const fresh = visitor();
  assert.equal((await fresh.get(`/sign-in/callback?code=x&state=${state}`)).status, 400);
  const again = visitor();
  const once = await again.get('/sign-in');
  const callback = await again.callbackAs('kim', once.location);
  const kept = again.cookie('zenfra_sign_in');
  assert.equal((await again.get(callback)).status, 303);
  const replay = visitor();
  replay.setCookie('zenfra_sign_in', kept);
  const refused = await replay.get(callback);
  assert.equal(refused.status, 400);
  assert.match(refused.text, /GitHub did not accept the sign-in \(bad_verification_code\)/);
  assert.match(refused.text, /<h1>That did not work<\/h1>.*<a class="btn" href="\/sign-in">Sign in<\/a>/);
});

test('over https a sign-in that a sibling host has begun is not completed here', async () => {
  const oauth = { clientId: 'x', clientSecret: 'x', serverUrl: scene.sandbox.url, apiUrl: scene.sandbox.url };
  const access = { begin: async () => 'a session', end: async () => {} } as unknown as SignedIn;
  const { app } = openPages(scene.db, { user: null, signIn: signInWith({ oauth, masterKey, publicUrl, access }) });
  const begun = await app.request('/sign-in');
  const [name = '', value = ''] = (begun.headers.get('Set-Cookie') ?? '').split(/[=;]/);
  assert.equal(name, '__Host-zenfra_sign_in');
  const state = new URL(begun.headers.get('Location') ?? '').searchParams.get('state');
  const Cookie = `zenfra_sign_in=${value}`;
  const back = await app.request(`/sign-in/callback?code=theirs&state=${state}`, { headers: { Cookie } });
  assert.match(await back.text(), /This sign-in was not begun in this browser/);
});

test('a cookie that is not ours is nobody’s', async () => {
  for (const value of ['x', 'a'.repeat(8000), '%00', '__proto__', '"; drop table sessions; --']) {
    const one = visitor();
    one.setCookie('zenfra_session', encodeURIComponent(value));
    assert.equal((await one.get('/')).status, 302, value.slice(0, 20));
  }
});

test('while GitHub does not answer, the page says so', async () => {
  const kim = visitor();
  await kim.signIn('kim');
  scene.sandbox.faults.onCall({ when: ({ path }) => path === '/user/installations', status: 502 });
  const page = await kim.get(runPath);
  assert.equal(page.status, 503);
  assert.match(page.text, /GitHub was asked what you may see, and did not answer/);
  assert.equal((await kim.get(runPath)).status, 200);
});

test('whom GitHub has suspended it answers, with a refusal: what they could see before does not hold on', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const kim = visitor();
  await kim.signIn('kim');
  assert.equal((await kim.get(runPath)).status, 200);
  const listed = ({ path }: FaultyCall) => path === '/user/installations';
  scene.sandbox.faults.onCall({ when: listed, status: 403, message: 'Sorry. Your account was suspended.' });
  t.mock.timers.tick(61_000);
  assert.equal((await kim.get(runPath)).status, 404);
});

test('one organization that refuses keeps what the others have from nobody; a rate limit is no refusal', async () => {
  const other = await makeRepository(scene, 'elsewhere', { owner: 'other' });
  const kim = visitor();
  await kim.signIn('kim');
  const theirs = ({ path }: FaultyCall) => path === `/user/installations/${other.installationId}/repositories`;
  scene.sandbox.faults.onCall({ when: theirs, ...secondaryRateLimit(60) });
  assert.equal((await kim.get(runPath)).status, 503);
  scene.sandbox.faults.onCall({ when: theirs, status: 403, message: 'Its IP allow list is enabled' });
  assert.equal((await kim.get(runPath)).status, 200);
});

test('a pull request’s runs are hidden as well', async () => {
  await openPull(scene, repository);
  const stranger = visitor();
  await stranger.signIn('stranger');
  assert.equal((await stranger.get('/pr/acme/guarded/1')).status, 404);
});

test('a login that another account has taken since gives its rights to no older session', async () => {
  const kim = visitor();
  await kim.signIn('kim');
  const page = await kim.get(runPath);
  await scene.database.pool.query(`update sessions set github_id = github_id + 1000000 where login = 'kim'`);
  const pressed = await kim.press(`${runPath}/cancel`, {}, page.text);
  assert.equal(pressed.status, 403);
  assert.match(pressed.text, /and kim has none/);
});

test('who administers a repository that has another’s former name gets nothing of that other by it', async () => {
  const lee = visitor();
  await lee.signIn('lee');
  const page = await lee.get(runPath);
  scene.sandbox.moveRepository(repository, { name: 'guarded-once' });
  const taker = await scene.sandbox.createRepository({ owner: 'acme', name: 'guarded', files: { 'a.txt': 'a' } });
  scene.sandbox.setPermission(taker, 'lee', 'admin');
  const pressed = await lee.press(`${runPath}/cancel`, {}, page.text);
  assert.equal(pressed.status, 403);
  const [now] = (await settledRuns(scene, repository, 1)).filter(({ id }) => id === run.id);
  assert.equal(now?.status, 'unconfirmed');
});

test('under its new name a repository’s people may do what they could', async () => {
  const kim = visitor();
  await kim.signIn('kim');
  const page = await kim.get(runPath);
  scene.sandbox.deleteRepository({ owner: 'acme', name: 'guarded' });
  const pressed = await kim.press(`${runPath}/discard`, {}, page.text);
  assert.equal(pressed.status, 303, pressed.text.slice(0, 2000));
});
