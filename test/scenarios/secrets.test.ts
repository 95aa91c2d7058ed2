import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import type { BundleContents } from '../../src/bundle/contents.ts';
import { attachBundle, createBundle } from '../../src/bundle/manage.ts';
import { saveVersion } from '../../src/bundle/store.ts';
import { listRunBundles } from '../../src/db/bundles.ts';
import { getRepository } from '../../src/db/repositories.ts';
import { listStackTokens } from '../../src/db/state-credentials.ts';
import { headOf, propose, push, say } from '../../src/sandbox/story/act.ts';
import { readLog, seeCheck, seeComment, seeReply, seeRun } from '../../src/sandbox/story/see.ts';
import { writer } from '../../src/sandbox/story/story-stage.ts';
import { Person } from '../pages/person.ts';
import { openScene, settle } from '../support/scene.ts';

/**
 * A secret in every place where one can be, and one whole story: planned, approved, applied, out of date. Then none of
 * them is anywhere but where it has to be.
 */
const canary = (name: string) => `canary-${name}-${randomBytes(8).toString('hex')}`;
const secrets = {
  reads: canary('reads'),
  writes: canary('writes'),
  other: canary('other-stack'),
  sensitive: canary('sensitive'),
  file: `-----BEGIN KEY-----\n${randomBytes(36).toString('base64')}\n${randomBytes(36).toString('base64')}\n-----END KEY-----\n`,
};

/** Prints all that it can get hold of, in clear and in disguise. */
const main = (number: number) => `
variable "sensitive" {
  sensitive = true
}
resource "terraform_data" "a" {
  input = {
    number = ${number}
    file   = file("secrets/key.pem")
    coded  = base64encode("key: \${file("secrets/key.pem")}")
    hidden = var.sensitive
  }
  provisioner "local-exec" {
    command = "env; cat secrets/key.pem; env | base64"
  }
}
output "environment" {
  value = nonsensitive(replace(filebase64("/proc/self/environ"), "/=*$/", ""))
}
`;

const bin = mkdtempSync(join(tmpdir(), 'zenfra-recorder-'));
const record = join(bin, 'record.jsonl');
let output = '';
const scene = await openScene(
  { after },
  {
    files: {
      'zenfra.yml': 'stacks:\n  app:\n    path: app\n',
      'app/main.tf': main(1),
    },
    environment: { PATH: `${standIn()}:${process.env.PATH}` },
    logLevel: 'trace',
  },
);
const store = { db: scene.db, masterKey: scene.stage.masterKey };
let bundleId = '';
let pull = 0;

before(async () => {
  scene.sandbox.setPermission(scene.repository, writer, 'admin');
  pull = await propose(scene, { branch: 'first', title: 'First', files: { 'app/other.txt': 'x' } });
  await settle(scene);
  const row = await getRepository(scene.db, scene.repository.id);
  bundleId = await makeBundle(row.id, 'cloud', contents());
  await attachBundle(store, { bundleId, to: 'stack', name: 'app', priority: 10, user: writer });
  const other = await makeBundle(row.id, 'other', { variables: [secret('OTHER', secrets.other)], files: [] });
  await attachBundle(store, { bundleId: other, to: 'label', name: 'not-this-one', priority: 10, user: writer });
});
after(() => rmSync(bin, { recursive: true, force: true }));

/** Writes down how the engine is called, in one piece since others are at it too, and then is the engine. */
function standIn(): string {
  const terraform = execFileSync('/bin/sh', ['-c', 'command -v terraform'], { encoding: 'utf8' }).trim();
  const script = `#!/bin/sh
{ printf '%s\\036' "$@"; printf '\\035'; env -0 | tr '\\000' '\\036'; printf '\\034'; } > ${record}.$$
cat ${record}.$$ >> ${record}
rm ${record}.$$
exec ${terraform} "$@"
`;
  writeFileSync(join(bin, 'terraform'), script);
  chmodSync(join(bin, 'terraform'), 0o755);
  const write = process.stderr.write.bind(process.stderr);
  process.stderr.write = ((chunk: string | Uint8Array, ...rest: []) => {
    output += Buffer.from(chunk as Uint8Array).toString();
    return output.length > 0 || write(chunk, ...rest);
  }) as typeof process.stderr.write;
  return bin;
}

function secret(key: string, value: string, available: 'both' | 'planning' | 'applying' = 'both') {
  return { key, value, secret: true, description: '', available };
}

function contents(): BundleContents {
  return {
    variables: [
      secret('CLOUD_KEY', secrets.reads, 'planning'),
      secret('CLOUD_KEY', secrets.writes, 'applying'),
      secret('TF_VAR_sensitive', secrets.sensitive),
      { ...secret('REGION', 'eu-west-1'), secret: false },
    ],
    files: [{ path: 'secrets/key.pem', content: secrets.file, secret: true, description: '', available: 'both' }],
  };
}

async function makeBundle(repositoryId: number, name: string, holds: BundleContents): Promise<string> {
  const made = await createBundle(store, { repositoryId, name, description: '', user: writer });
  assert.ok(made.ok);
  const saved = await saveVersion(store, { bundleId: made.id, from: 0, contents: holds, user: writer });
  assert.deepEqual(saved, { ok: true, number: 1 });
  return made.id;
}

/** Each call of the engine: its arguments and its environment. */
function calls() {
  const each = readFileSync(record, 'utf8').split('\u001c').slice(0, -1);
  return each.map((call) => {
    const [args = '', env = ''] = call.split('\u001d');
    const pairs = env.split('\u001e').filter(Boolean);
    return {
      args: args.split('\u001e').filter(Boolean),
      env: new Map(pairs.map((pair) => [pair.split('=')[0], pair])),
    };
  });
}

test('a plan gets what is for planning, an apply what is for applying, and both are told in the log', async () => {
  pull = await propose(scene, { branch: 'change', title: 'Change', files: { 'app/main.tf': main(2) } });
  await seeComment(scene, pull, '🟡 Ready to apply');
  const planned = await seeRun(scene, { commit: headOf(scene, pull), type: 'plan_only', status: 'finished' });
  const preparing = await readLog(scene, planned.id, 'preparing');
  assert.match(
    preparing,
    /\[Zenfra\] Configuration bundle downloaded \(\d{3} B\)\n\[Zenfra\] Applied 3 environment variables\n/,
  );
  assert.match(preparing, /\[Zenfra\] Mounted 1 file\n/);
  say(scene, pull, { body: '/approve' });
  const applied = await seeRun(scene, { commit: headOf(scene, pull), type: 'tracked', status: 'finished' });
  for (const run of [planned, applied]) {
    const had = await listRunBundles(scene.db, run.id);
    assert.deepEqual(
      had.map(({ name, number }) => [name, number]),
      [['cloud', 1]],
    );
  }
  const keyOf = (verb: string) =>
    new Set(
      calls()
        .filter(({ args }) => args[0] === verb)
        .map(({ env }) => env.get('CLOUD_KEY')),
    );
  assert.ok(keyOf('plan').has(`CLOUD_KEY=${secrets.reads}`));
  assert.deepEqual([...keyOf('apply')], [`CLOUD_KEY=${secrets.writes}`]);
  assert.ok(!keyOf('plan').has(`CLOUD_KEY=${secrets.writes}`));
  assert.deepEqual([...keyOf('show')], [undefined], 'a command that needs none of it gets none');
});

test('a bundle that changes after a plan was made makes that plan stale, with a sentence', async () => {
  const second = await propose(scene, { branch: 'again', title: 'Again', files: { 'app/main.tf': main(3) } });
  await scene.sandbox.mergePullRequest(scene.repository, pull, writer);
  await settle(scene);
  await seeComment(scene, second, '🟡 Ready to apply');
  const changed = contents();
  changed.variables = changed.variables.map((one) => (one.key === 'REGION' ? { ...one, value: 'eu-north-1' } : one));
  assert.deepEqual(await saveVersion(store, { bundleId, from: 1, contents: changed, user: writer }), {
    ok: true,
    number: 2,
  });
  const late = await saveVersion(store, { bundleId, from: 1, contents: contents(), user: 'lee' });
  assert.ok(!late.ok);
  assert.match(late.problems[0] ?? '', /^While this form was open, kim has saved version 2\./);
  const approval = say(scene, second, { body: '/approve' });
  const says = 'is out of date because the configuration bundle `cloud` changed (version 1 → 2). A new plan is running';
  await seeReply(scene, second, { to: approval, says: [says] });
  await settle(scene);
});

test('so does it with the plan of a push, which is to be run again', async () => {
  const sha = await push(scene, { branch: 'main', files: { 'app/main.tf': main(4) }, message: 'Fourth' });
  const asks = { name: 'zenfra/app', is: 'action_required', title: /^Needs approval/, buttons: ['Approve', 'Discard'] };
  const check = await seeCheck(scene, sha, asks);
  const changed = contents();
  changed.variables = changed.variables.map((one) => (one.key === 'REGION' ? { ...one, value: 'eu-west-1' } : one));
  assert.ok((await saveVersion(store, { bundleId, from: 2, contents: changed, user: writer })).ok);
  scene.sandbox.pressCheckButton(scene.repository, check.id, { identifier: 'approve', login: writer });
  const { failure } = await seeRun(scene, { commit: sha, type: 'tracked', status: 'failed' });
  assert.match(
    failure?.headline ?? '',
    /the configuration bundle `cloud` changed \(version 2 → 3\)\. Re-run it, and approve the new plan\.$/,
  );
  await settle(scene);
});

test('none of the secrets is in the database, the logs, comments, checks, pages, arguments or where it does not belong', async () => {
  const kim = new Person(scene.url);
  await kim.signIn(writer);
  const { rows } = await sql<{ id: string }>`select id from runs order by number`.execute(scene.db);
  const { rows: stacks } = await sql<{ id: string }>`select id from stacks`.execute(scene.db);
  const tokens = (
    await Promise.all(
      stacks.map(({ id }) => listStackTokens(scene.db, store.masterKey, { stack_id: id, number: 1_000_000 })),
    )
  ).flat();
  assert.ok(tokens.length >= 4, 'each execution had a credential of its own');
  const keyLines = scene.stage.privateKey.split('\n').filter((line) => line.length === 64);
  const [fileLine = '', secondLine = ''] = secrets.file.split('\n').slice(1, 3);
  const given = [secrets.reads, secrets.writes, secrets.sensitive, fileLine, secondLine, ...tokens];
  const { webhookSecret, clientSecret } = scene.stage;
  const ours = [secrets.other, webhookSecret, clientSecret, ...keyLines, store.masterKey.bytes.toString('base64')];
  ours.push(kim.cookie('zenfra_session'), decodeURIComponent(new URL(scene.database.url).password || canary('none')));
  const places = {
    ...(await dump()),
    'the log of the server': output,
    ...(await tellings()),
    ...(await pagesOf(kim, rows)),
  };
  for (const [place, text] of Object.entries(places)) {
    for (const one of [...given, ...ours]) assert.ok(!text.includes(one), `${one} is in ${place}`);
    for (const one of given) {
      for (const before of [0, 1, 2]) {
        const coded = Buffer.concat([Buffer.alloc(before), Buffer.from(one)])
          .toString('base64')
          .slice(4, 24);
        assert.ok(!text.includes(coded), `${one} is in ${place}, in base64`);
      }
    }
  }
  for (const { args, env } of calls()) {
    for (const one of [...given, ...ours]) assert.ok(!args.join(' ').includes(one), `${one} is an argument`);
    for (const one of ours)
      assert.ok(![...env.values()].join('\n').includes(one), `${one} is in a child's environment`);
  }
});

/** Every table as text; bytes as text as well, as far as they are any. */
async function dump(): Promise<Record<string, string>> {
  const { rows: tables } = await sql<{ name: string }>`
    select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables
    where schemaname in ('public', 'graphile_worker')`.execute(scene.db);
  const texts: [string, string][] = [];
  for (const { name } of tables) {
    const { rows } = await sql<{ text: string }>`select t::text as text from ${sql.raw(name)} t`.execute(scene.db);
    const text = rows.map((row) => row.text).join('\n');
    const bytes = [...text.matchAll(/\\\\?x([0-9a-f]{8,})/g)].map(([, hex = '']) =>
      Buffer.from(hex, 'hex').toString('latin1'),
    );
    texts.push([name, `${text}\n${bytes.join('\n')}`]);
  }
  assert.ok(texts.length > 20);
  assert.match(texts.map(([, text]) => text).join(), /Applied 3 environment variables/, 'bytes are looked into');
  return Object.fromEntries(texts);
}

async function tellings(): Promise<Record<string, string>> {
  const { sandbox, repository } = scene;
  const pulls = [...scene.pulls.values()];
  const checks = pulls.map((one) => sandbox.checks(repository, headOf(scene, one)));
  return {
    comments: JSON.stringify(pulls.map((one) => sandbox.conversation(repository, one))),
    checks: JSON.stringify(checks),
    'calls to GitHub': JSON.stringify(sandbox.calls),
  };
}

async function pagesOf(kim: Person, runs: { id: string }[]): Promise<Record<string, string>> {
  const stack = await scene.db.selectFrom('stacks').select('id').executeTakeFirstOrThrow();
  const paths = [
    ...['/', '/doctor', '/bundles', `/bundles/${bundleId}`],
    ...['', '/state', '/state/diff', '/settings'].map((tab) => `/stacks/${stack.id}${tab}`),
    ...runs.flatMap(({ id }) => [`/runs/${id}`, `/runs/${id}/logs.txt`]),
  ];
  const pages: [string, string][] = [];
  for (const path of paths) {
    const { status, text } = await kim.get(path);
    assert.equal(status, 200, path);
    pages.push([path, text]);
  }
  return Object.fromEntries(pages);
}
