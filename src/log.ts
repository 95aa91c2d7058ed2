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

/**
 * Standard output, as far as it takes anything: a disk that is full or a terminal that is gone must end no apply. Pino's
 * own throws then, and as the process ends it waits for room for ever.
 */
function standardOutput(): DestinationStream {
  const fd = process.stdout.fd;
  let waiting = '';
  let next: Buffer = Buffer.alloc(0);
  let at: 'rest' | 'writing' | 'pausing' = 'rest';
  const writeOut = () => {
    if (next.length === 0) [next, waiting] = [Buffer.from(waiting), ''];
    at = next.length === 0 ? 'rest' : 'writing';
    if (at === 'rest') return;
    write(fd, next, (error, written) => {
      next = next.subarray(error ? 0 : written);
      if (!error) return writeOut();
      at = 'pausing';
      setTimeout(writeOut, tryAgainMs).unref();
    });
  };
  process.once('exit', () => {
    const all = at === 'writing' ? [] : [next];
    writeWhatFits(fd, Buffer.concat([...all, Buffer.from(waiting)]));
  });
  const add = (line: string) => {
    if (waiting.length < mostWaiting) waiting += line;
    if (at === 'rest') writeOut();
  };
  return { write: add };
}

function writeWhatFits(fd: number, bytes: Buffer): void {
  try {
    for (let rest = bytes; rest.length > 0; ) rest = rest.subarray(writeSync(fd, rest));
  } catch {
    // There is nobody left to tell.
  }
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
