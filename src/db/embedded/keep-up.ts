import type { Logger } from 'pino';
import { findLiveServer } from './live.ts';
import type { Launched, NotLaunched } from './server.ts';

const shortestPauseMs = 100;
const longestPauseMs = 10_000;

export interface KeepUp {
  directory: string;
  log: Logger;
  /** Starts the server again, on the port that it had. */
  launch(): Promise<Launched | NotLaunched>;
}

/**
 * Starts a server again that has ended by itself: the kernel takes the largest process when memory runs out, and
 * PostgreSQL gives up where its disk is full. Without that this process would live on and do nothing. Returns how to
 * stop it.
 */
export function keepUp(first: Launched, { directory, log, launch }: KeepUp): () => Promise<void> {
  const stopping = Promise.withResolvers<void>();
  let stopped = false;
  const pause = (ms: number) => new Promise<void>((done) => void setTimeout(done, ms).unref());
  const tryOnce = async () => {
    try {
      // Removes a file of the old server's that names some other process by now.
      await findLiveServer(directory);
      const launched = await launch();
      if (launched.ok) return launched;
      throw launched.error;
    } catch (error) {
      log.error({ err: error }, 'the embedded PostgreSQL could not be started again; it is tried on');
      return null;
    }
  };
  const relaunch = async (): Promise<Launched | null> => {
    for (let ms = shortestPauseMs; ; ms = Math.min(ms * 2, longestPauseMs)) {
      await Promise.race([stopping.promise, pause(ms)]);
      if (stopped) return null;
      const launched = await tryOnce();
      if (launched !== null) return launched;
    }
  };
  const watch = async () => {
    for (let server: Launched | null = first; server !== null; server = await relaunch()) {
      await Promise.race([server.ended, stopping.promise]);
      if (stopped) return server.stop();
      log.error({ port: server.port, directory }, 'the embedded PostgreSQL has ended by itself; starting it again');
    }
  };
  const watching = watch();
  return async () => {
    stopped = true;
    stopping.resolve();
    await watching;
  };
}
