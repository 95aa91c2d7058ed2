import type { LoggedPhase } from '../../src/run/status.ts';
import { Icon } from './icons.tsx';
import { plural } from './text.tsx';

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
}

/** As many lines share a `<pre>`: the browser lays out only those in sight, and its own search still finds all. */
const linesPerBlock = 500;

/** A phase's log with its tools. Line numbers are links; a selection leaves them out. */
export function Log({ runId, phase, log }: { runId: string; phase: LoggedPhase; log: LogWindow }) {
  const last = log.first + log.lines.length - 1;
  return (
    <>
      <LogTools runId={runId} phase={phase} log={log} />
      <section class="log" id={`${phase}-log`} tabindex={0} aria-label={`Log of ${phase}`}>
        {log.first > 1 && (
          <MoreLines
            runId={runId}
            phase={phase}
            from={Math.max(1, log.first - 5000)}
            label={`Show earlier lines (${plural(log.first - 1, 'line')} before this)`}
          />
        )}
        {blocks(log).map((block) => (
          <pre class={block.lines.length === linesPerBlock ? 'whole' : ''}>
            {block.lines.map((line, index) => (
              <Line phase={phase} number={block.first + index} line={line} />
            ))}
          </pre>
        ))}
        {log.total > last && log.lines.length > 0 && (
          <MoreLines
            runId={runId}
            phase={phase}
            from={last + 1}
            label={`Show later lines (${plural(log.total - last, 'line')} after this)`}
          />
        )}
      </section>
    </>
  );
}

function LogTools({ runId, phase, log }: { runId: string; phase: LoggedPhase; log: LogWindow }) {
  const address = `/runs/${runId}/logs/${phase}.txt`;
  return (
    <div class="tools">
      <span class="mute">{plural(log.total, 'line')}</span>
      <span class="push">
        <a class="quiet-link" href={`${address}?view=raw`}>
          Raw
        </a>
        <button class="btn sm" type="button" data-copy-from={`${address}?view=plain`} hidden>
          <Icon name="copy" />
          <span>Copy logs</span>
        </button>
        <a class="btn sm" href={address} download>
          <Icon name="download" />
          Download logs
        </a>
      </span>
    </div>
  );
}

function MoreLines(props: { runId: string; phase: LoggedPhase; from: number; label: string }) {
  const { runId, phase, from } = props;
  return (
    <p class="more">
      <a href={`/runs/${runId}?phase=${phase}&from=${from}#${phase}`}>{props.label}</a>
    </p>
  );
}

function Line({ phase, number, line }: { phase: LoggedPhase; number: number; line: LogLine }) {
  const id = `${phase}-L${number}`;
  return (
    <code id={id}>
      <a href={`#${id}`} class="n" tabindex={-1}>
        {number}
      </a>
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

function blocks(log: LogWindow): { first: number; lines: LogLine[] }[] {
  const count = Math.ceil(log.lines.length / linesPerBlock);
  return Array.from({ length: count }, (_, index) => ({
    first: log.first + index * linesPerBlock,
    lines: log.lines.slice(index * linesPerBlock, (index + 1) * linesPerBlock),
  }));
}
