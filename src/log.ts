import { write, writeSync } from 'node:fs';
import { type DestinationStream, type LevelWithSilent, type Logger, pino } from 'pino';

/** The program's log: JSON lines. An error is its kind, message and causes; libraries hang connections and requests on theirs. */
export function createLog(level: LevelWithSilent, destination?: DestinationStream): Logger {
  const options = { level, serializers: { err: describeError } };
  return pino(options, destination ?? standardOutput());
}

/** Characters kept for an output that takes none at present; lines on top of them are lost. */
const mostWaiting = 1_000_000;
const tryAgainMs = 100;
/** As the process ends, a reader that is slow has this long to take what is left. */
const lastChanceMs = 5_000;

/**
 * Standard output, as far as it takes anything: a disk that is full or a terminal that is gone must end no apply. Pino's
 * own throws then, and as the process ends it waits for room for ever.
 */
function standardOutput(): DestinationStream {
  // To ask for it opens it: from then on a pipe that is full answers EAGAIN, and only a terminal that is held waits.
  const { fd, isTTY } = process.stdout;
  const put = isTTY ? write : writeNow;
  let waiting = '';
  let next: Buffer = Buffer.alloc(0);
  let at: 'rest' | 'writing' | 'pausing' = 'rest';
  const writeOut = () => {
    if (next.length === 0) [next, waiting] = [Buffer.from(waiting), ''];
    at = next.length === 0 ? 'rest' : 'writing';
    if (at === 'rest') return;
    put(fd, next, (error, written) => {
      next = next.subarray(error ? 0 : written);
      if (!error) return writeOut();
      at = 'pausing';
      setTimeout(writeOut, tryAgainMs).unref();
    });
  };
  process.once('exit', () => {
    // Nobody tells any more how much of it a thread has written; it writes all that a terminal takes.
    const all = at === 'writing' ? [] : [next];
    if (at === 'writing') waitMs(tryAgainMs);
    writeTheRest(fd, Buffer.concat([...all, Buffer.from(waiting)]));
  });
  const add = (line: string) => {
    if (waiting.length < mostWaiting) waiting += line;
    if (at === 'rest') writeOut();
  };
  return { write: add };
}

/** At once, so that it is known as the process ends what is written. */
function writeNow(fd: number, bytes: Buffer, done: (error: unknown, written: number) => void): void {
  let written = 0;
  let failed: unknown = null;
  try {
    written = writeSync(fd, bytes);
  } catch (error) {
    failed = error;
  }
  done(failed, written);
}

function writeTheRest(fd: number, bytes: Buffer): void {
  const deadline = Date.now() + lastChanceMs;
  for (let rest = bytes; rest.length > 0; ) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      // Of anything else there is nobody left to tell.
      const slow = error instanceof Error && 'code' in error && error.code === 'EAGAIN';
      if (!slow || Date.now() > deadline) return;
      waitMs(5);
    }
  }
}

function waitMs(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, cause } = error;
  const code = 'code' in error ? { code: error.code } : {};
  const status = 'status' in error ? { status: error.status } : {};
  return {
    name,
    message,
    ...code,
    ...status,
    stack,
    ...(cause && depth < 5 ? { cause: describeError(cause, depth + 1) } : {}),
  };
}
