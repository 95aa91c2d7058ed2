import pino from 'pino';
import { startEmbeddedPostgres } from '../../src/db/embedded.ts';

/** A process that has the embedded PostgreSQL of the directory in its arguments, says so, and waits to be killed. */
const [dataDir = '', port] = process.argv.slice(2);
try {
  const options = { dataDir, log: pino({ level: 'silent' }), ...(port && { port: Number(port) }) };
  const { url } = await startEmbeddedPostgres(options);
  process.stdout.write(`${url}\n`);
  setInterval(() => {}, 1000);
} catch (error) {
  process.stdout.write(`${error instanceof Error ? `${error.name}: ${error.message}` : error}\n`);
}
