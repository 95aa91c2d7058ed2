import { join } from 'node:path';
import type { Kysely } from 'kysely';
import type { Database } from '../../src/db/schema.ts';
import { type StoryStage, setUpStory } from '../../src/sandbox/story/story-stage.ts';
import { type OwnCluster, openOwnCluster } from '../support/own-cluster.ts';
import { openRelay, type Relay } from '../support/relay.ts';
import { lastFirst, makeZenfraProcess } from '../support/zenfra-process.ts';
import { entryModule } from './entries.ts';
import type { Service } from './services.ts';

/** The person who may release a stack whose outcome nobody knows. */
export const admin = 'ada';

export const stacks = ['dns', 'network', 'app', 'queue'];

/** Servers and workers behind a front, as an installation of several processes has it; each may be killed, all of it heals. */
export interface SoakWorld {
  story: StoryStage;
  cluster: OwnCluster;
  db: Kysely<Database>;
  /** The way of all processes to PostgreSQL. */
  database: Relay;
  /** The way of GitHub and of the engines to the servers. */
  front: Relay;
  services: Service[];
  environment: Record<string, string | undefined>;
  /** Everything of the processes is below. */
  directory: string;
  ledger: string;
  close(): Promise<void>;
}

export async function openSoakWorld(): Promise<SoakWorld> {
  const ends: (() => Promise<void>)[] = [];
  const ending = lastFirst({ after: (end) => void ends.push(end) });
  const close = async () => {
    for (const end of ends) await end();
  };
  try {
    return { ...(await open(ending)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function open(ending: { after(end: () => Promise<void>): void }): Promise<Omit<SoakWorld, 'close'>> {
  const cluster = await openOwnCluster();
  ending.after(cluster.close);
  const url = new URL(cluster.url);
  const direct = { host: url.hostname, port: Number(url.port) };
  const database = await openRelay(() => direct);
  ending.after(database.close);
  url.port = String(database.port);
  const services: Service[] = [];
  const front = await openRelay(() => ({ host: '127.0.0.1', port: serverPort(services) }));
  ending.after(front.close);
  const address = `http://127.0.0.1:${front.port}`;
  const first = await makeZenfraProcess(ending, url.href, { PUBLIC_URL: address, LOG_LEVEL: 'info' });
  services.push({ name: 'server 1', role: 'server', process: first });
  services.push({ name: 'server 2', role: 'server', process: await first.beside() });
  for (const name of ['worker 1', 'worker 2']) services.push({ name, role: 'worker', process: await first.beside() });
  first.sandbox.pointWebhooksAt(`${address}/api/github/webhooks`);
  const ledger = join(first.directory, 'ledger');
  const story = await setUpStory({ sandbox: first.sandbox, url: address, app: cluster }, { files: filesOf(ledger) });
  story.sandbox.createUser(admin);
  story.sandbox.setPermission(story.repository, admin, 'admin');
  const { environment, directory } = first;
  return { ...{ story, cluster, db: cluster.db, database, front, services }, ...{ environment, directory, ledger } };
}

function filesOf(ledger: string): Record<string, string> {
  const named = stacks.map((name) => `  ${name}:\n    path: ${name}\n`);
  const modules = stacks.map((stack) => [
    `${stack}/main.tf`,
    entryModule(ledger, { stack, revision: 'r0', seconds: '0' }),
  ]);
  return { 'zenfra.yml': `stacks:\n${named.join('')}`, ...Object.fromEntries(modules) };
}

let turn = 0;

/** Each in turn of those that run; one that does not is a connection that is refused. */
function serverPort(services: Service[]): number {
  const servers = services.filter(({ role }) => role === 'server');
  const running = servers.filter(({ process }) => process.state() === 'running');
  turn += 1;
  const [chosen] = [running[turn % running.length] ?? servers[0]];
  return Number(new URL(chosen?.process.url ?? '').port);
}
