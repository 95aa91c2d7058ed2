import type { LoggedPhase } from '../run/status.ts';
import type { PhaseSink } from './contract.ts';

/** Our own lines in a phase's log. They are collected and sent together, since each write costs a round trip. */
export interface PhaseLog {
  phase: LoggedPhase;
  say(text: string): void;
  /** One after the other: each write has its place behind the last. */
  flush(): Promise<void>;
}

export function openPhaseLog(sink: PhaseSink, phase: LoggedPhase): PhaseLog {
  let lines = '';
  let sent = Promise.resolve();
  const send = async () => {
    if (lines === '') return;
    const bytes = Buffer.from(lines);
    lines = '';
    await sink.log(phase, bytes);
  };
  return {
    phase,
    say(text) {
      lines += `[Zenfra] ${showText(text)}\n`;
    },
    flush() {
      sent = sent.catch(() => undefined).then(send);
      return sent;
    },
  };
}

/** As in `676 B`, `12.4 kB`, `3.1 MB`. */
export function showBytes(count: number): string {
  if (count < 1000) return `${count} B`;
  if (count < 1_000_000) return `${(count / 1000).toFixed(1)} kB`;
  return `${(count / 1_000_000).toFixed(1)} MB`;
}

/** As in `1 environment variable`. */
export function showCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/**
 * A repository names its files as it likes. Control and direction characters are written as escapes, so that a name
 * can neither start a line of its own nor turn one around.
 */
export function showText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
