import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { renderMarkdown } from '../../src/sandbox/pages/markdown.ts';
import { createInfra, named, type Opened, openChange, openSandbox } from './open.ts';

let opened: Opened;
before(async () => {
  opened = await openSandbox();
});
after(() => opened.close());

const get = async (path: string) => (await fetch(opened.sandbox.url + path)).text();

function submit(path: string, fields: Record<string, string>, origin = opened.sandbox.url): Promise<Response> {
  const headers = { origin, 'content-type': 'application/x-www-form-urlencoded' };
  const body = new URLSearchParams(fields).toString();
  return fetch(opened.sandbox.url + path, { method: 'POST', headers, body, redirect: 'manual' });
}

const hostile = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '[x](javascript:alert(1))',
  '<a href="javascript:alert(1)">x</a>',
  "<a href='https://a\" onclick=alert(1) b='>x</a>",
  '<a title="><img src=x onerror=alert(1)>">x</a>',
  '<details open ontoggle=alert(1)><summary>x</summary>',
  '<svg/onload=alert(1)>',
  '<b onclick=alert(1)>x',
  '![x](https://example.com/" onerror="alert(1))',
  '<style>*{display:none}</style>',
  '<form action=https://example.com><button>x</button></form>',
  '</div></article></main><h1>out</h1>',
  '<div class="top" style="position:fixed">x</div>',
  '<<script>script>alert(1)</script>',
  '```diff"><img src=x onerror=alert(1)>\n+ <img src=x>\n```',
  '<a href="java&#115;cript:alert(1)">x</a>',
  '<constructor>x</constructor>',
];

for (const text of hostile) {
  test(`${JSON.stringify(text)} stays inert`, () => {
    const shown = renderMarkdown(text);
    const tags = shown.match(/<[^>]*>/g) ?? [];
    for (const tag of tags) {
      assert.match(
        tag,
        /^<\/?(p|b|a|h1|div|pre|code|span|details|summary)( (href="https?:\/\/[^"]*"|rel="noopener nofollow"|class="[\w -]*"|open))*>$/,
      );
    }
    const depth = tags.reduce((open, tag) => open + (tag.startsWith('</') ? -1 : 1), 0);
    assert.equal(depth, 0);
    assert.ok(tags.every((tag) => !/class="top"/.test(tag)));
  });
}

test('Markdown as the App writes it: alert, table, details, coloured diff, no hidden marker', () => {
  const shown = renderMarkdown(
    [
      '<!-- zenfra:v1 pr=42 -->\n> [!CAUTION]\n> **1 resource** will be destroyed\n\n| a | b |\n| :-- | --: |\n| 1 | 2 |\n',
      '<details open><summary><b>network</b> · <code>infra</code></summary>\n\n```diff\n- gone\n+ new\n! other\n# note\n```\n\n</details>\n',
      '<sub>by <a href="https://example.com/x?a=1&amp;b=2">link</a></sub>',
    ].join('\n'),
  );
  assert.doesNotMatch(shown, /zenfra:v1/);
  assert.match(
    shown,
    /<div class="alert alert-caution"><p class="alert-title">Caution<\/p><p><strong>1 resource<\/strong>/,
  );
  assert.match(shown, /<td align="right">2<\/td>/);
  assert.match(shown, /<details open><summary><b>network<\/b> · <code>infra<\/code><\/summary>/);
  assert.match(
    shown,
    /<span class="diff-remove">- gone<\/span>\n<span class="diff-add">\+ new<\/span>\n<span class="diff-change">! other/,
  );
  assert.match(shown, /<a href="https:\/\/example.com\/x\?a=1&amp;b=2" rel="noopener nofollow">link<\/a>/);
});

test('a conversation shows comments, reactions, checks with their buttons, and commits', async () => {
  const { sandbox } = opened;
  const repo = await createInfra(sandbox, { owner: 'shown' });
  const number = await openChange(sandbox, repo);
  const comment_id = sandbox.comment(repo, number, {
    login: 'lee',
    body: 'Is **this** fine? <script>alert(1)</script>',
  });
  const client = await opened.clientFor(repo);
  await client.rest.reactions.createForIssueComment({ ...named(repo), comment_id, content: 'eyes' });
  const actions = [{ label: 'Apply plan', description: 'Apply it', identifier: 'apply' }];
  const output = { title: '+1 ~0 -0', summary: 'One to **add**' };
  const head_sha = await sandbox.head(repo, 'bigger');
  await client.rest.checks.create({
    ...named(repo),
    name: 'zenfra/network',
    head_sha,
    conclusion: 'success',
    output,
    actions,
  });
  const page = await get('/shown/infra/pull/1');
  for (const part of [
    'Run two instances',
    'Is <strong>this</strong> fine?',
    '👀 1',
    'One to <strong>add</strong>',
    'Apply plan',
    'kim (write)',
  ]) {
    assert.ok(page.includes(part), part);
  }
  assert.doesNotMatch(page, /<script>/);
  const { headers } = await fetch(`${sandbox.url}/shown/infra/pull/1`);
  assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'.*script-src 'self'/);
});

test('the buttons of a page do what they say, as far as the person may', async () => {
  const { sandbox } = opened;
  const repo = await createInfra(sandbox, { owner: 'acting' });
  const number = await openChange(sandbox, repo);
  const here = '/acting/infra/pull/1';
  await submit(`${here}/comment`, { as: 'lee', body: 'two\r\nlines' });
  assert.deepEqual(
    sandbox.conversation(repo, number).comments.map(({ author, body }) => [author, body]),
    [['lee', 'two\nlines']],
  );
  const refused = await submit(`${here}/merge`, { as: 'lee' });
  assert.equal(refused.headers.get('location'), `${here}?as=lee&notice=write`);
  assert.match(await get(`${here}?notice=write`), /That needs write permission\./);
  await submit(`${here}/push`, { as: 'kim' });
  assert.equal(await sandbox.readFile(repo, 'bigger', 'network/main.tf'), 'count = 3\n');
  await submit(`${here}/merge`, { as: 'kim' });
  assert.equal(sandbox.conversation(repo, number).state, 'merged');
  assert.equal(await sandbox.readFile(repo, 'main', 'network/main.tf'), 'count = 3\n');
});

test('a form of another site does nothing', async () => {
  const { sandbox } = opened;
  const repo = await createInfra(sandbox, { owner: 'forged' });
  const number = await openChange(sandbox, repo);
  const answer = await submit('/forged/infra/pull/1/comment', { as: 'kim', body: '/approve' }, 'https://example.com');
  assert.equal(answer.status, 403);
  assert.deepEqual(sandbox.conversation(repo, number).comments, []);
});

test('the index, a repository, a commit and a file have their pages', async () => {
  const { sandbox } = opened;
  const repo = await createInfra(sandbox, { owner: 'paged' });
  await openChange(sandbox, repo);
  assert.match(await get('/'), /paged\/infra[\s\S]*Run two instances/);
  assert.match(await get('/paged/infra'), /Initial commit/);
  assert.match(await get(`/paged/infra/commit/${await sandbox.head(repo, 'bigger')}`), /\+count = 2/);
  assert.match(await get('/paged/infra/blob/main/dns/main.tf'), /<li id="L1"><code>ttl = 60<\/code>/);
  assert.equal(await get('/paged/infra/pull/99'), 'There is no such page.');
});
