import pino from 'pino';
import { connect } from '../../src/db/connect.ts';
import { serveLive } from '../pages/watching.ts';

/** What the watched server says of itself. */
export interface ServerFigures {
  cpuMs: number;
  memoryMB: number;
}

/** A process of its own that serves the pages, so that its CPU and memory can be told from those of the watchers. */
async function main(databaseUrl: string): Promise<void> {
  const { db, pool } = connect(databaseUrl, pino({ level: 'warn' }));
  const server = await serveLive({ url: databaseUrl, db, pool, drop: async () => undefined });
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send?.({
      cpuMs: (user + system) / 1000,
      memoryMB: process.memoryUsage.rss() / 1e6,
    } satisfies ServerFigures);
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.({ url: server.url });
}

await main(process.argv[2] ?? '');
