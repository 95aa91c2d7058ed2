import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Role } from '../../src/app.ts';
import { freePort } from '../../src/db/embedded/server.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/github.ts';
import { generateMasterKey } from '../../src/secret/envelope.ts';
import { builtMain } from './built.ts';

const { publicKey, privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

/** Zenfra as a process of its own, which can be killed, stopped and started again, and the sandbox that outlives it. */
export interface ZenfraProcess {
  sandbox: Sandbox;
  url: string;
  /** Everything of it, work directories included, is below. */
  directory: string;
  /** All that its processes are given; each has a `PORT` of its own besides. */
  environment: Record<string, string | undefined>;
  /** Resolves when it is ready. */
  start(options?: StartOptions): Promise<void>;
  /** Resolves when it answers at all: before set-up it is not ready. */
  startUnready(): Promise<void>;
  kill(signal: 'SIGKILL' | 'SIGTERM' | 'SIGHUP'): Promise<number | null>;
  /** Stops it in the middle of what it does, or lets it go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): void;
  state(): 'running' | 'stopped' | 'ended';
  /** One more process on the same database and in the same work directory, at a port of its own; not started. */
  beside(environment?: Record<string, string>): Promise<ZenfraProcess>;
  /** What it has printed so far, at most 200 kB of it. */
  output(): string;
}

interface StartOptions {
  role?: Role;
  environment?: Record<string, string>;
  /** What has to answer. */
  path?: string;
}

interface Ending {
  after(end: () => Promise<void>): void;
}

/** Made, not started. Ends and removes everything with the test. */
export async function makeZenfraProcess(
  test: Ending,
  databaseUrl: string,
  more: Record<string, string | undefined> = {},
): Promise<ZenfraProcess> {
  const t = lastFirst(test);
  const directory = await mkdtemp(join(tmpdir(), 'zenfra-process-'));
  t.after(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const webhookSecret = 'a secret of the tests';
  const sandbox = await startSandbox({
    directory: join(directory, 'github'),
    app: { id: 7, slug: 'zenfra', publicKey, webhookUrl: `${url}/api/github/webhooks`, webhookSecret },
  });
  t.after(() => sandbox.stop());
  const environment: Record<string, string | undefined> = {
    PATH: process.env.PATH,
    HOME: directory,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
    DATABASE_URL: databaseUrl,
    PUBLIC_URL: url,
    APP_ID: '7',
    PRIVATE_KEY: privateKey,
    WEBHOOK_SECRET: webhookSecret,
    GITHUB_API_URL: sandbox.apiUrl,
    GITHUB_SERVER_URL: sandbox.url,
    ZENFRA_SECRET_KEY: generateMasterKey(),
    ZENFRA_DATA_DIR: directory,
    LOG_LEVEL: 'fatal',
    // What a run does is watched from outside.
    ZENFRA_ISOLATION: 'none',
    // Nothing is ever fetched from elsewhere.
    ZENFRA_TERRAFORM_MIRROR: 'off',
    ZENFRA_OPENTOFU_MIRROR: 'off',
    ...more,
  };
  return handleOf(t, { sandbox, directory, environment, port });
}

interface World extends Pick<ZenfraProcess, 'sandbox' | 'directory' | 'environment'> {
  port: number;
}

function handleOf(t: Ending, world: World): ZenfraProcess {
  const { sandbox, directory, environment, port } = world;
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  let printed = '';
  const state = () => stateOf(child);
  const kill = async (signal: 'SIGKILL' | 'SIGTERM' | 'SIGHUP') => {
    if (!child || state() === 'ended') return null;
    const ended = once(child, 'exit');
    child.kill(signal);
    const [code] = await ended;
    return code as number | null;
  };
  t.after(async () => void (await kill('SIGKILL')));
  const start = async ({ role = 'all', environment: own, path = '/readyz' }: StartOptions = {}) => {
    const started = spawn(process.execPath, [await builtMain(), role], {
      env: { ...environment, PORT: String(port), ...own },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [started.stdout, started.stderr])
      stream.on('data', (chunk: Buffer) => {
        printed = (printed + chunk.toString()).slice(-200_000);
      });
    child = started;
    if (role === 'worker') await once(started, 'spawn');
    else if (!(await answers(`${url}${path}`, started)))
      throw new Error(`Zenfra ended with ${started.exitCode} before it was ready: ${printed}`);
  };
  return {
    ...{ sandbox, url, directory, environment, start, kill, state },
    startUnready: () => start({ path: '/livez' }),
    signal: (signal) => void child?.kill(signal),
    beside: async (more) => {
      const own = { ...world, environment: { ...environment, ...more } };
      return handleOf(t, { ...own, port: await freePort() });
    },
    output: () => printed,
  };
}

/** The letter behind the name in `/proc/<pid>/stat`: T is stopped, Z ended. */
function stateOf(child: ChildProcess | undefined): 'running' | 'stopped' | 'ended' {
  if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return 'ended';
  try {
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
    const letter = stat.charAt(stat.lastIndexOf(')') + 2);
    if (letter === 'Z') return 'ended';
    return letter === 'T' ? 'stopped' : 'running';
  } catch {
    return 'ended';
  }
}

/** False if it has ended by itself. One that was killed is not waited for. */
async function answers(address: string, child: ChildProcess): Promise<boolean> {
  for (;;) {
    if (child.exitCode !== null) return false;
    if (child.signalCode !== null) return true;
    const answer = await fetch(address).catch(() => undefined);
    if (answer?.ok) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A test's own hooks run in the order in which they were given. */
export function lastFirst(t: Ending): Ending {
  const ends: (() => Promise<void>)[] = [];
  t.after(async () => {
    for (const end of ends.reverse()) await end();
  });
  return { after: (end) => void ends.push(end) };
}
