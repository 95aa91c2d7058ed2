import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { appJwt, clientWith, createInfra, named, type Opened, openSandbox } from './open.ts';

let opened: Opened;
before(async () => {
  opened = await openSandbox();
});
after(() => opened.close());

test('the App exchanges its JWT for a token that reads its repository', async () => {
  const repo = await createInfra(opened.sandbox);
  const found = await opened.app.rest.apps.getRepoInstallation(named(repo));
  assert.equal(found.data.id, repo.installationId);
  const client = await opened.clientFor(repo);
  assert.equal((await client.rest.repos.get(named(repo))).data.full_name, 'acme/infra');
});

test('a token is for one hour', async () => {
  const installation_id = (await opened.app.rest.apps.listInstallations()).data[0]?.id ?? 0;
  const { data } = await opened.app.rest.apps.createInstallationAccessToken({ installation_id });
  const minutes = Math.round((Date.parse(data.expires_at) - Date.now()) / 60_000);
  assert.equal(minutes, 60);
});

test('a token reads no repository of another installation', async () => {
  const other = await createInfra(opened.sandbox, { owner: 'elsewhere' });
  const client = await opened.clientFor(other);
  await assert.rejects(client.rest.repos.get({ owner: 'acme', repo: 'infra' }), { status: 404, message: /^Not Found/ });
});

test('an App that was taken off a repository reads it no more', async () => {
  const repo = await createInfra(opened.sandbox, { owner: 'leaving' });
  const client = await opened.clientFor(repo);
  opened.sandbox.uninstall(repo);
  await assert.rejects(client.rest.repos.get(named(repo)), { status: 404 });
});

for (const [what, claims] of Object.entries({
  'an expired JWT': { exp: Math.floor(Date.now() / 1000) - 60 },
  'a JWT for longer than ten minutes': { exp: Math.floor(Date.now() / 1000) + 3600 },
  'a JWT of another App': { iss: '8' },
})) {
  test(`${what} is refused`, async () => {
    const client = clientWith(opened.sandbox, appJwt(claims));
    await assert.rejects(client.rest.apps.getAuthenticated(), { status: 401 });
  });
}

test('a JWT with another signature is refused', async () => {
  const client = clientWith(opened.sandbox, `${appJwt({}).slice(0, -20)}${'A'.repeat(20)}`);
  await assert.rejects(client.rest.apps.getAuthenticated(), { status: 401 });
});

test('an unknown token is refused', async () => {
  const client = clientWith(opened.sandbox, 'ghs_nothing');
  await assert.rejects(client.rest.repos.get({ owner: 'acme', repo: 'infra' }), {
    status: 401,
    message: /Bad credentials/,
  });
});

test('a token with fewer permissions cannot do more', async () => {
  const installation_id = (await opened.app.rest.apps.listInstallations()).data[0]?.id ?? 0;
  const wanted = { installation_id, permissions: { contents: 'read' } } as const;
  const { data } = await opened.app.rest.apps.createInstallationAccessToken(wanted);
  const client = clientWith(opened.sandbox, data.token);
  const check = {
    owner: 'acme',
    repo: 'infra',
    name: 'zenfra',
    head_sha: await opened.sandbox.head({ owner: 'acme', name: 'infra' }, 'main'),
  };
  await assert.rejects(client.rest.checks.create(check), {
    status: 403,
    message: /Resource not accessible by integration/,
  });
});

test('each role is told, with the level that older clients know', async () => {
  const repo = await createInfra(opened.sandbox, { owner: 'roles', private: true });
  const client = await opened.clientFor(repo);
  const levels = {
    none: 'none',
    read: 'read',
    triage: 'read',
    write: 'write',
    maintain: 'write',
    admin: 'admin',
  } as const;
  for (const [role, permission] of Object.entries(levels)) {
    opened.sandbox.setPermission(repo, 'sam', role as keyof typeof levels);
    const { data } = await client.rest.repos.getCollaboratorPermissionLevel({ ...named(repo), username: 'sam' });
    assert.deepEqual([data.permission, data.role_name], [permission, role]);
  }
});

test('an answer carries rate limit and request id, and an unchanged one is a 304', async () => {
  const repo = await createInfra(opened.sandbox, { owner: 'tagged' });
  const client = await opened.clientFor(repo);
  const { headers } = await client.rest.repos.get(named(repo));
  assert.equal(headers['x-ratelimit-limit'], '5000');
  assert.ok(headers['x-github-request-id']);
  const again = client.rest.repos.get({ ...named(repo), headers: { 'if-none-match': headers.etag ?? '' } });
  await assert.rejects(again, { status: 304 });
});

test('a person signs in with state and PKCE, and the code is good once', async () => {
  const { sandbox } = opened;
  sandbox.createUser('kim');
  const verifier = 'a verifier that is long enough to be one, as the standard asks';
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  const query = new URLSearchParams({
    ...{
      client_id: 'Iv1.test',
      redirect_uri: 'http://127.0.0.1:9/callback',
      state: 'kept',
      code_challenge_method: 'S256',
    },
    code_challenge: Buffer.from(digest).toString('base64url'),
  });
  const choice = await (await fetch(`${sandbox.url}/login/oauth/authorize?${query}`)).text();
  assert.match(choice, /href="\/login\/oauth\/authorize\/as\/kim\?/);
  const back = await fetch(`${sandbox.url}/login/oauth/authorize/as/kim?${query}`, { redirect: 'manual' });
  const address = new URL(back.headers.get('location') ?? '');
  assert.equal(address.searchParams.get('state'), 'kept');
  const exchange = async (code_verifier: string, code: string) => {
    const body = new URLSearchParams({ client_id: 'Iv1.test', client_secret: 'hush', code, code_verifier });
    const headers = { accept: 'application/json' };
    const answer = await fetch(`${sandbox.url}/login/oauth/access_token`, { method: 'POST', body, headers });
    return (await answer.json()) as { access_token?: string; error?: string };
  };
  const code = address.searchParams.get('code') ?? '';
  const { access_token = '' } = await exchange(verifier, code);
  assert.equal((await clientWith(sandbox, access_token).rest.users.getAuthenticated()).data.login, 'kim');
  assert.equal((await exchange(verifier, code)).error, 'bad_verification_code');
});
