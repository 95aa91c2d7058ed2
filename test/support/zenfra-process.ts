import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/db/embedded/server.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/github.ts';
import { generateMasterKey } from '../../src/secret/envelope.ts';

const { publicKey, privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

/** Zenfra as a process of its own, which can be killed and started again, and the sandbox that outlives it. */
export interface ZenfraProcess {
  sandbox: Sandbox;
  url: string;
  /** What it has printed so far. */
  output(): string;
  /** Resolves when it is ready. */
  start(): Promise<void>;
  /** Resolves when it answers at all: before set-up it is not ready. */
  startUnready(): Promise<void>;
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>;
}

/** Made, not started. Ends and removes everything with the test. */
export async function makeZenfraProcess(
  t: { after(end: () => Promise<void>): void },
  databaseUrl: string,
  variables: Record<string, string | undefined> = {},
): Promise<ZenfraProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'zenfra-process-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const webhookSecret = 'a secret of the tests';
  const sandbox = await startSandbox({
    directory: join(directory, 'github'),
    app: { id: 7, slug: 'zenfra', publicKey, webhookUrl: `${url}/api/github/webhooks`, webhookSecret },
  });
  const environment: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    HOME: directory,
    DATABASE_URL: databaseUrl,
    PUBLIC_URL: url,
    PORT: String(port),
    APP_ID: '7',
    PRIVATE_KEY: privateKey,
    WEBHOOK_SECRET: webhookSecret,
    GITHUB_API_URL: sandbox.apiUrl,
    GITHUB_SERVER_URL: sandbox.url,
    ZENFRA_SECRET_KEY: generateMasterKey(),
    ZENFRA_DATA_DIR: directory,
    LOG_LEVEL: 'fatal',
    ...variables,
  };
  let printed = '';
  let child: ChildProcess | undefined;
  const kill = async (signal: 'SIGKILL' | 'SIGTERM') => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return null;
    const ended = once(child, 'exit');
    child.kill(signal);
    const [code] = await ended;
    return code as number | null;
  };
  t.after(async () => {
    await kill('SIGKILL');
    await sandbox.stop();
    await rm(directory, { recursive: true, force: true });
  });
  const start = async (path = '/readyz') => {
    const main = join(import.meta.dirname, '../../src/main.ts');
    const started = spawn(process.execPath, ['--import', 'tsx', main], {
      env: environment,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    started.stdout.on('data', (bytes: Buffer) => {
      printed += bytes.toString();
      process.stdout.write(bytes);
    });
    child = started;
    await answers(`${url}${path}`, started);
  };
  return { sandbox, url, output: () => printed, start, startUnready: () => start('/livez'), kill };
}

async function answers(address: string, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`Zenfra ended with ${child.exitCode} before it was ready`);
    const answer = await fetch(address).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
