import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { describeMissing, describeSetUp } from '../src/config/describe-missing.ts';
import { refuseNode } from '../src/config/node-version.ts';
import { type Config, loadConfig, workersUrl } from '../src/config.ts';

const pem = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs1', format: 'pem' })
  .toString();
const connected = {
  PUBLIC_URL: 'https://zenfra.example.com/',
  APP_ID: '1234',
  PRIVATE_KEY: pem,
  WEBHOOK_SECRET: 'a-webhook-secret',
};

test('mirrors, isolation and what runs may use are read', () => {
  const { engines, isolation } = load({
    ...connected,
    ZENFRA_TERRAFORM_MIRROR: 'https://mirror.example.com/hashicorp/',
    ZENFRA_OPENTOFU_MIRROR: 'off',
    ZENFRA_ISOLATION: 'Bubblewrap',
    ZENFRA_RUN_PATHS: '/opt/tools:/srv/modules',
    ZENFRA_RUN_MEMORY_MB: '0',
  });
  assert.deepEqual(engines.mirrors, { terraform: 'https://mirror.example.com/hashicorp', tofu: null });
  const limits = { memoryMb: 0, processes: 4096 };
  assert.deepEqual(isolation, { kind: 'bubblewrap', readable: ['/opt/tools', '/srv/modules'], writable: [], limits });
});

test('four variables connect to GitHub, everything else has a default', () => {
  const { github, ...config } = load(connected);
  assert.deepEqual(config, {
    databaseUrl: null,
    publicUrl: 'https://zenfra.example.com',
    internalUrl: null,
    port: 3000,
    secretKey: null,
    formerSecretKeys: [],
    dataDirectory: resolve('.zenfra'),
    workDirectory: resolve('.zenfra/work'),
    workerSlots: 2,
    logLevel: 'info',
    failpoints: [],
    engines: {
      directory: resolve('.zenfra/engines'),
      mirrors: {
        terraform: 'https://releases.hashicorp.com',
        tofu: 'https://github.com/opentofu/opentofu/releases/download',
      },
      keys: null,
    },
    isolation: { kind: 'auto', readable: [], writable: [], limits: { memoryMb: 8192, processes: 4096 } },
    engineEnvironment: {},
  });
  assert.deepEqual(
    [github.appId, github.webhookSecret, github.apiUrl, github.serverUrl],
    [1234, 'a-webhook-secret', 'https://api.github.com', 'https://github.com'],
  );
});

test('every variable is read', () => {
  const config = load({
    ...connected,
    DATABASE_URL: 'postgres://u:p@db:5432/zenfra',
    ZENFRA_SECRET_KEY: 'ab'.repeat(32),
    PORT: '8080',
    ZENFRA_DATA_DIR: '/data',
    ZENFRA_WORK_DIR: '/work',
    ZENFRA_WORKER_SLOTS: '64',
    ZENFRA_INTERNAL_URL: 'http://10.0.0.1:8080',
    GITHUB_API_URL: 'https://ghe.example.com/api/v3/',
    GITHUB_SERVER_URL: 'https://ghe.example.com',
    LOG_LEVEL: 'debug',
  });
  assert.deepEqual(
    [
      config.databaseUrl,
      config.port,
      config.dataDirectory,
      config.workDirectory,
      config.workerSlots,
      config.internalUrl,
    ],
    ['postgres://u:p@db:5432/zenfra', 8080, '/data', '/work', 64, 'http://10.0.0.1:8080'],
  );
  assert.deepEqual(
    [config.github.apiUrl, config.github.serverUrl],
    ['https://ghe.example.com/api/v3', 'https://ghe.example.com'],
  );
  assert.deepEqual([config.logLevel, config.secretKey?.length], ['debug', 32]);
});

test('a worker reaches the server at the internal address where one is set, whether it is in the same process or not', () => {
  const said = load({ ...connected, ZENFRA_INTERNAL_URL: 'http://zenfra.internal:8080' });
  const unsaid = load({ ...connected, PORT: '8080' });
  assert.deepEqual(
    [workersUrl('all', said), workersUrl('worker', said), workersUrl('all', unsaid), workersUrl('worker', unsaid)],
    [
      'http://zenfra.internal:8080',
      'http://zenfra.internal:8080',
      'http://127.0.0.1:8080',
      'https://zenfra.example.com',
    ],
  );
});

test('the private key may be a PEM, one with escaped line ends, base64 of one, or a path', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'zenfra-config-'));
  t.after(() => rm(directory, { recursive: true }));
  const path = join(directory, 'app.pem');
  await writeFile(path, pem);
  for (const given of [pem, pem.replaceAll('\n', '\\n'), Buffer.from(pem).toString('base64'), path]) {
    const { privateKey } = load({ ...connected, PRIVATE_KEY: given }).github;
    assert.ok(createPrivateKey(privateKey).equals(createPrivateKey(pem)));
  }
});

test('the secret key is 32 bytes in hex or base64', () => {
  const key = Buffer.alloc(32, 7);
  for (const text of [key.toString('hex'), key.toString('base64')]) {
    assert.deepEqual(load({ ...connected, ZENFRA_SECRET_KEY: text }).secretKey, key);
  }
});

test('the engine gets the way to programs, network and certificates, and none of our secrets', () => {
  const { engineEnvironment } = load({
    ...connected,
    PATH: '/usr/bin',
    https_proxy: 'http://proxy:3128',
    SSL_CERT_FILE: '/ca.pem',
    TF_CLI_CONFIG_FILE: import.meta.filename,
    AWS_SECRET_ACCESS_KEY: 'x',
    TF_CLI_ARGS: '-x',
    NODE_OPTIONS: '-x',
  });
  assert.deepEqual(engineEnvironment, {
    PATH: '/usr/bin',
    https_proxy: 'http://proxy:3128',
    SSL_CERT_FILE: '/ca.pem',
    TF_CLI_CONFIG_FILE: import.meta.filename,
  });
});

test('all mistakes are told at once, with what was received and without a secret', () => {
  const secret = 'hunter2-hunter2-hunter2';
  const { problems, setUp } = fail({
    PUBLIC_URL: 'zenfra.example.com',
    PORT: '99999',
    APP_ID: 'Iv1.abc',
    PRIVATE_KEY: secret,
    WEBHOOK_SECRET: 'short',
    DATABASE_URL: `mysql://root:${secret}@db/zenfra`,
    ZENFRA_SECRET_KEY: secret,
    ZENFRA_WORKER_SLOTS: '0',
    LOG_LEVEL: 'loud',
    GITHUB_API_URL: 'https://ghe.example.com/api/v3',
  });
  assert.deepEqual(problems, [
    'PORT is "99999"; it must be a whole number from 1 to 65535. Unset, it is 3000.',
    'DATABASE_URL begins with "mysql:" (46 characters, not shown); write postgres://user:password@host:5432/name (with % escapes in the password), or unset it for the embedded database.',
    'PUBLIC_URL is "zenfra.example.com"; it must be an address such as https://zenfra.example.com.',
    'GITHUB_API_URL is "https://ghe.example.com/api/v3" and GITHUB_SERVER_URL is "https://github.com", which belong to different places. Set both for GitHub Enterprise Server, neither for github.com.',
    'APP_ID is "Iv1.abc"; it must be the number that the GitHub App\'s page calls "App ID", not the client ID.',
    "PRIVATE_KEY is neither a PEM nor base64 of one nor a path (23 characters, not shown). Give the App's private key, or the path of its .pem file.",
    'WEBHOOK_SECRET is too short (5 characters, not shown). Use at least 8, such as from: openssl rand -hex 32',
    'ZENFRA_SECRET_KEY is not 32 bytes in hex or base64 (23 characters, not shown). Make one with: openssl rand -hex 32',
    'ZENFRA_WORKER_SLOTS is "0"; it must be a whole number from 1 to 64. Unset, it is 2.',
    'LOG_LEVEL is "loud"; it must be one of fatal, error, warn, info, debug, trace, silent. Unset, it is info.',
  ]);
  assert.equal(setUp, null);
  assert.ok(!problems.join().includes(secret));
});

test('a broken key is told from a missing file and from another kind of key, and never shown', () => {
  const broken = pem.slice(0, 400);
  const elliptic = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  for (const [given, expected] of [
    [broken, 'is a PEM that cannot be read'],
    [Buffer.from(pem).toString('base64').slice(0, 3), 'is neither a PEM'],
    ['/nowhere/app.pem', 'names the file "/nowhere/app.pem", which cannot be read (ENOENT)'],
    [elliptic, 'is a key of type ed25519'],
  ] as const) {
    const [problem, ...others] = fail({ ...connected, PRIVATE_KEY: given }).problems;
    assert.deepEqual(others, []);
    assert.ok(problem?.includes(expected), problem);
    assert.ok(!problem?.includes(pem.slice(100, 120)));
  }
});

test('a database is also taken by a socket, as PostgreSQL writes it', () => {
  for (const url of ['postgres://u:p@/zenfra?host=/run/postgresql', 'postgres:///zenfra?host=/run/postgresql'])
    assert.equal(load({ ...connected, DATABASE_URL: url, ZENFRA_SECRET_KEY: 'a'.repeat(64) }).databaseUrl, url);
});

test('of a database’s password that is not escaped no part is taken for the host, which would be told', () => {
  for (const password of ['p@ss/word', 'p@ss#word', 'p@ss?word', '1@ss:/%#?w']) {
    const url = `postgres://zenfra:${password}@db:5432/zenfra`;
    const { problems } = fail({ ...connected, DATABASE_URL: url, ZENFRA_SECRET_KEY: 'a'.repeat(64) });
    assert.deepEqual(problems, [
      `DATABASE_URL has an @ behind its host (${url.length} characters, not shown); write postgres://user:password@host:5432/name (with % escapes in the password), or unset it for the embedded database.`,
    ]);
  }
  for (const url of [
    'postgres://zenfra:p@ss@db/zenfra',
    'postgres://db/zenfra?user=zenfra@tenant',
    'postgres://db/a%40b',
  ])
    assert.equal(load({ ...connected, DATABASE_URL: url, ZENFRA_SECRET_KEY: 'a'.repeat(64) }).databaseUrl, url);
});

test('a database of one’s own needs a key of one’s own', () => {
  const { problems } = fail({ ...connected, DATABASE_URL: 'postgres://db/zenfra' });
  assert.equal(problems.length, 1);
  assert.ok(problems[0]?.startsWith('ZENFRA_SECRET_KEY is missing, and DATABASE_URL is set.'));
});

test('an address must be one that pages can be served at, and passwords in it are not shown', () => {
  assert.ok(
    fail({ ...connected, PUBLIC_URL: 'https://x.example/zenfra' }).problems[0]?.includes('has the path "/zenfra"'),
  );
  assert.ok(
    fail({ ...connected, PUBLIC_URL: 'ftp://u:hunter2@x' }).problems.every((problem) => !problem.includes('hunter2')),
  );
  assert.ok(
    fail({ ...connected, PUBLIC_URL: 'https://u:hunter2@x' }).problems.every((problem) => !problem.includes('hunter2')),
  );
});

test('variables set to nothing count as unset', () => {
  assert.equal(load({ ...connected, PORT: '', DATABASE_URL: ' ' }).port, 3000);
});

test('without any configuration the server waits for its set-up, and one screen says how to do it', () => {
  const failure = fail({});
  assert.ok(failure.setUp);
  assert.deepEqual(failure.problems, []);
  const screen = describeSetUp(`http://localhost:3000/setup?token=${'x'.repeat(32)}`);
  for (const word of ['npm run demo', 'PUBLIC_URL', 'APP_ID', 'PRIVATE_KEY', 'WEBHOOK_SECRET', 'app.yml', '/setup?']) {
    assert.ok(screen.includes(word), word);
  }
  const lines = screen.split('\n');
  assert.ok(lines.length <= 24, `${lines.length} lines`);
  assert.ok(lines.every((line) => line.length <= 80));
});

test('a mistake beside a missing configuration is told at once', () => {
  const { setUp, problems } = fail({ PORT: 'x' });
  assert.equal(setUp, null);
  assert.match(
    describeMissing(problems),
    /^Zenfra cannot start: One setting is missing or wrong\.\n\n {2}- PORT is "x"; it must/,
  );
});

test('without the webhook’s secret alone nothing starts', () => {
  assert.equal(fail({ ...connected, WEBHOOK_SECRET: undefined }).setUp, null);
});

test('a partly wrong configuration is answered with what to correct', () => {
  const screen = describeMissing(fail({ ...connected, WEBHOOK_SECRET: undefined }).problems);
  assert.equal(
    screen,
    `Zenfra cannot start: One setting is missing or wrong.

  - WEBHOOK_SECRET is missing. Set the secret of the App's webhook: without it anybody could start runs.

Correct the environment and start again. npm run demo needs none of it.
`,
  );
});

function load(variables: Record<string, string | undefined>): Config {
  const loaded = loadConfig(variables);
  assert.deepEqual(loaded.ok ? [] : loaded.problems, []);
  assert.ok(loaded.ok);
  return loaded.config;
}

function fail(variables: Record<string, string | undefined>) {
  const loaded = loadConfig(variables);
  assert.ok(!loaded.ok, 'the configuration was taken');
  return loaded;
}

test('a Node that is too old is refused with a sentence, and those after it are not', () => {
  for (const version of ['20.20.2', '22.17.1'])
    assert.equal(
      refuseNode(version),
      `This is Node ${version}; Zenfra needs 22.18 or newer. The npm scripts bring one along: npm start.`,
    );
  for (const version of ['22.18.0', '23.0.0', '24.21.0']) assert.equal(refuseNode(version), null);
});
