import { type FileHandle, open } from 'node:fs/promises';
import { LeaseLost } from './contract.ts';
import { type EngineProcess, signalGroup } from './engine-process.ts';
import { noteInterrupt } from './engine-record.ts';

export interface FollowOptions {
  signal: AbortSignal;
  /** Until the engine is interrupted. */
  timeoutMs: number;
  graceMs: number;
  /** Each piece of output, at most 64 KiB, in order; awaited. */
  take: (bytes: Uint8Array) => Promise<void>;
  /**
   * What happens to the engine when the lease is lost or `take` fails. A plan is killed: nothing hangs on it. An apply
   * goes on: to kill it would lose what it has created and not yet saved, its state credential outlives the lease, and
   * the stack stays held, so no other apply can start.
   */
  whenLost: 'kill' | 'leave';
}

export interface EngineEnd {
  /** Null if a signal ended it, or nobody knows. */
  exitCode: number | null;
  stopped: 'canceled' | 'timed_out' | null;
  /** It did not end within the grace after its interrupt, so it had no chance to save. */
  forced: boolean;
}

const chunkBytes = 65_536;
const pollMs = 75;

/**
 * Passes on the engine's output while it runs and all the rest when it has ended, and interrupts it on a cancel or at
 * its deadline. Throws `LeaseLost` when the run is not ours any more.
 */
export async function followEngine(engine: EngineProcess, options: FollowOptions): Promise<EngineEnd> {
  const stop = armStop(engine, options);
  const output = await open(engine.record.outputFile, 'r');
  try {
    const exitCode = await passOn(engine, output, options);
    return { exitCode, ...stop.result };
  } catch (error) {
    if (options.whenLost === 'leave') engine.leave();
    else signalGroup(engine.record.pid, 'SIGKILL');
    throw error;
  } finally {
    stop.disarm();
    await output.close();
  }
}

async function passOn(engine: EngineProcess, output: FileHandle, options: FollowOptions): Promise<number | null> {
  const { signal, take } = options;
  const watch = watchEnd(engine, signal);
  const buffer = Buffer.allocUnsafe(chunkBytes);
  let position = 0;
  for (;;) {
    if (isLost(signal)) throw new LeaseLost('The run is performed by another worker now');
    // Looked at before reading: what is read after the end is all there will ever be.
    const end = watch.end();
    const { bytesRead } = await output.read(buffer, 0, chunkBytes, position);
    position += bytesRead;
    if (bytesRead > 0) await take(Uint8Array.from(buffer.subarray(0, bytesRead)));
    else if (end !== null) return end.exitCode;
    else await watch.pause();
  }
}

/** One waiter, woken by the engine's end or an abort: a `Promise.race` in each turn would pile up for hours. */
function watchEnd(engine: EngineProcess, signal: AbortSignal) {
  let end: { exitCode: number | null } | null = null;
  let failure: unknown = null;
  let wake = () => {};
  signal.addEventListener('abort', () => wake(), { once: true });
  engine.ended.then(
    (exitCode) => {
      end = { exitCode };
      wake();
    },
    (error) => {
      failure = error;
      wake();
    },
  );
  return {
    end(): { exitCode: number | null } | null {
      if (failure !== null) throw failure;
      return end;
    },
    async pause(): Promise<void> {
      if (end !== null || failure !== null) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pollMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    },
  };
}

function isLost(signal: AbortSignal): boolean {
  return signal.aborted && signal.reason === 'lease_lost';
}

/**
 * Interrupt, then terminate, then kill, with the grace between them. An engine that is interrupted twice ends at once
 * and saves nothing, so one that another worker has interrupted is only given what remains of the grace.
 */
function armStop(engine: EngineProcess, { signal, timeoutMs, graceMs }: FollowOptions) {
  const result: Pick<EngineEnd, 'stopped' | 'forced'> = { stopped: null, forced: false };
  const timers = new Set<NodeJS.Timeout>();
  const later = (ms: number, act: () => void) => timers.add(setTimeout(act, Math.min(Math.max(ms, 0), 2 ** 31 - 1)));
  const send = (name: NodeJS.Signals) => signalGroup(engine.record.pid, name);
  const interrupt = (why: 'canceled' | 'timed_out') => {
    if (result.stopped !== null) return;
    result.stopped = why;
    const sinceInterrupt = noteInterrupt(engine.record);
    if (sinceInterrupt === null) send('SIGINT');
    later(graceMs - (sinceInterrupt ?? 0), () => {
      result.forced = true;
      send('SIGTERM');
      later(graceMs, () => send('SIGKILL'));
    });
  };
  const aborted = () => {
    if (!isLost(signal)) interrupt('canceled');
  };
  later(timeoutMs, () => interrupt('timed_out'));
  signal.addEventListener('abort', aborted);
  if (signal.aborted) aborted();
  const disarm = () => {
    for (const timer of timers) clearTimeout(timer);
    signal.removeEventListener('abort', aborted);
  };
  return { result, disarm };
}
