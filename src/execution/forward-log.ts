import type { LoggedPhase } from '../run/status.ts';
import type { PhaseSink } from './contract.ts';
import { showBytes } from './phase-log.ts';

/** The end of a log says most about a failure, so this much of it is kept even when the middle is left out. */
const endBytes = 65_536;
/** What was held back because it could be a secret comes out with what follows it, and may be more than this. */
const chunkBytes = 65_536;

export interface LogForward {
  take(bytes: Uint8Array): Promise<void>;
  /** Sends the end of a log that was too long. */
  finish(): Promise<void>;
}

export interface ForwardOptions {
  phase: LoggedPhase;
  limit: number;
  /** So many bytes have reached the log before, by a worker that is gone. Counted as they come here, secrets hidden. */
  skip: number;
}

/** Passes an engine's output to the log, unchanged up to the limit; from there on only counts it and keeps its end. */
export function forwardLog(sink: PhaseSink, { phase, limit, skip }: ForwardOptions): LogForward {
  let left = skip;
  let sent = Math.min(skip, limit);
  // What a worker before us has said of a log that was too long counts as well, so it is not said again.
  let told = skip > limit;
  let skipped = 0;
  let end = Buffer.alloc(0);
  const say = (text: string) => sink.log(phase, Buffer.from(`\n[Zenfra] ${text}\n`));
  return {
    async take(output) {
      const bytes = output.subarray(Math.min(left, output.length));
      left -= output.length - bytes.length;
      const fits = Math.min(bytes.length, limit - sent);
      for (let at = 0; at < fits; at += chunkBytes)
        await sink.log(phase, bytes.subarray(at, Math.min(at + chunkBytes, fits)));
      sent += fits;
      if (fits === bytes.length) return;
      if (!told) await say(`The log is longer than ${showBytes(limit)}; from here on only its end is kept.`);
      told = true;
      skipped += bytes.length - fits;
      end = Buffer.concat([end, bytes.subarray(fits)]).subarray(-endBytes);
    },
    async finish() {
      if (skipped === 0) return;
      await say(`${showBytes(skipped - end.length)} were left out. The end of the log:`);
      await sink.log(phase, end);
    },
  };
}
