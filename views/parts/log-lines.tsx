import type { LoggedPhase } from '../../src/run/status.ts';

export interface LogSpan {
  text: string;
  /** Classes of the style sheet, such as `bold fg1`; '' for none. */
  classes: string;
  /** Always http or https. */
  href?: string;
}

export type LogLine = LogSpan[];

/** A part of a phase's log. */
export interface LogWindow {
  lines: LogLine[];
  /** Number of the first of them, 1-based. */
  first: number;
  /** How many the phase has. */
  total: number;
  /** When the lines from this number on were written; by number, ascending. */
  times: ReadonlyMap<number, Date>;
}

/** As many lines share a `<pre>`: the browser lays out only those in sight, and its own search still finds all. */
export const linesPerBlock = 500;

export interface LinesProps {
  phase: LoggedPhase;
  log: Pick<LogWindow, 'lines' | 'first' | 'times'>;
}

/** Lines in blocks. */
export function LogBlocks({ phase, log }: LinesProps) {
  const starts = Array.from(
    { length: Math.ceil(log.lines.length / linesPerBlock) },
    (_, index) => index * linesPerBlock,
  );
  return (
    <>
      {starts.map((start) => {
        const lines = log.lines.slice(start, start + linesPerBlock);
        return (
          <pre class={lines.length === linesPerBlock ? 'whole' : ''}>
            <LogLines phase={phase} log={{ lines, first: log.first + start, times: log.times }} />
          </pre>
        );
      })}
    </>
  );
}

/**
 * Lines one after the other, as the page's script appends them. The style sheet draws the number from `data-n`: a link
 * in each of 100,000 lines doubled the time that such a page takes to load. `data-at` (seconds since 1970) is on the
 * first line of those that were written together.
 */
export function LogLines({ phase, log }: LinesProps) {
  let written: Date | undefined;
  for (const [number, at] of log.times) if (number <= log.first) written = at;
  return (
    <>
      {log.lines.map((line, index) => {
        const number = log.first + index;
        const at = index === 0 ? written : log.times.get(number);
        return <Line id={`${phase}-L${number}`} number={number} line={line} at={at} />;
      })}
    </>
  );
}

function Line({ id, number, line, at }: { id: string; number: number; line: LogLine; at: Date | undefined }) {
  return (
    <code id={id} class={signOf(line) ?? undefined} data-n={number} data-at={at && Math.floor(at.getTime() / 1000)}>
      {line.map(Span)}
    </code>
  );
}

function Span({ text, classes, href }: LogSpan) {
  if (href !== undefined) {
    return (
      <a class={classes} href={href} rel="noopener noreferrer nofollow">
        {text}
      </a>
    );
  }
  return classes === '' ? text : <span class={classes}>{text}</span>;
}

/** As terraform and tofu begin a message: in a box (`│ Error: …`), or at the line's start. */
const sign = /^(?:[│|] )?(Error|Warning): /;

/** Whether a message begins at this line, and of which kind. */
export function signOf(line: LogLine): 'error' | 'warning' | null {
  const start = line
    .slice(0, 6)
    .map((span) => span.text)
    .join('')
    .slice(0, 20);
  const word = sign.exec(start)?.[1];
  return word === 'Error' ? 'error' : word === 'Warning' ? 'warning' : null;
}
