import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readConfig } from '../../src/stack/read-config.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { commit, openPages, type Seeded, seedStack, textOf } from './seed.ts';

let base: TestDatabase;
before(async () => {
  base = await createTestDatabase();
});
after(() => base.drop());

const file = `defaults:
  iac: { engine: terraform, version: "1.11" }
stacks:
  network:
    path: infra/network
    branch: release/1
    triggers:
      on_push:
        paths:
          - infra/network/**
          - "!**/<b>.md"
`;

/** A stack as it is stored when the file was read at `commit`. */
async function store(text: string, name: string): Promise<Seeded> {
  const stack = await seedStack(base.db, name, 'infra/network');
  const reading = readConfig(text.replace('network:', `${name}:`));
  assert.ok(reading.ok);
  const definition = JSON.stringify(reading.config.stacks[0]);
  const sources = JSON.stringify({ sha: commit, ...reading.sources.get(name) });
  await base.db.updateTable('stacks').set({ definition, sources }).where('id', '=', stack.stackId).execute();
  return stack;
}

async function get(stack: Seeded) {
  const response = await openPages(base.db, { level: 'read' }).app.request(`/stacks/${stack.stackId}/settings`);
  const html = await response.text();
  return { html, text: textOf(html) };
}

test('every setting shows its value and where it comes from, linked to the line at the commit that was read', async () => {
  const { html, text } = await get(await store(file, 'network'));
  for (const row of [
    'Path path infra/network zenfra.yml line 5',
    'Branch branch release/1 zenfra.yml line 6',
    'Variable files var_files none built in',
    'Watched paths triggers.on_push.paths infra/network/** zenfra.yml line 10 !**/<b>.md zenfra.yml line 11',
    'Engine iac.engine Terraform defaults, line 2',
    'Version iac.version 1.11 defaults, line 2',
    'Comments show comments.detail diff built in',
    'State Managed by Zenfra, encrypted in its database. No state yet built in',
  ])
    assert.ok(text.includes(row), `${row}\n${text}`);
  assert.ok(html.includes(`href="https://github.com/acme/infra/blob/${commit}/zenfra.yml#L6"`));
  assert.doesNotMatch(html, /<b>\.md/);
});

test('the rules of approval are told as they are', async () => {
  const { text } = await get(await store(file, 'rules'));
  assert.match(
    text,
    /Plan & Apply \(Tracked\) Every plan with changes waits for somebody with write permission on acme\/infra\./,
  );
  assert.match(text, /Pull requests \/approve by somebody with write permission .* up to 24h after it was made/);
  const short = file.replace('    branch: release/1\n', '    approval: { expires: 30m }\n');
  const expires = (await get(await store(short, 'short'))).text;
  assert.match(expires, /After 7 days it is discarded; once it is older than 30m, it has to be made anew\./);
  assert.match(expires, /up to 30m after it was made/);
  assert.match(text, /Destroy Triggered and approved by somebody with admin permission, who types the stack’s name\./);
});

test('a state that stays in the backend of the repository is not called Zenfra’s', async () => {
  const { text } = await get(await store(file.replace('branch: release/1', 'state: external'), 'elsewhere'));
  assert.match(text, /State kept state external zenfra\.yml line 6/);
  assert.doesNotMatch(text, /Managed by Zenfra/);
});

test('a stack of a pull request alone, and one that was stored before lines were noted, say what is known', async () => {
  const stack = await seedStack(base.db, 'older');
  assert.match((await get(stack)).text, /Path path infra\/network zenfra\.yml Branch branch main zenfra\.yml/);
  await base.db.updateTable('stacks').set({ pull_request_number: 41 }).where('id', '=', stack.stackId).execute();
  assert.match((await get(stack)).text, /Path path infra\/network zenfra\.yml of #41/);
});

test('while the newest file cannot be used, the page says that an older one is in force', async () => {
  const stack = await store(file, 'broken');
  const mistake = JSON.stringify({ file: 'zenfra.yml', line: 3, column: 1, message: 'x' });
  await base.db.updateTable('repositories').set({ config_error: mistake }).execute();
  assert.match(
    (await get(stack)).text,
    /The newest zenfra\.yml cannot be used, so what follows is of the last good one\./,
  );
});
