import { type LoggedPhase, phaseLabels } from '../../src/run/status.ts';
import { Icon } from './icons.tsx';
import { LogBlocks, type LogWindow } from './log-lines.tsx';
import { LogTools } from './log-tools.tsx';
import { plural } from './text.tsx';

/** Lines that a part has, as the server sends it. */
const linesPerPart = 5_000;

export interface LogView extends LogWindow {
  phase: LoggedPhase;
  /** Number of the first line that reports an error; null if there is none. */
  firstError: number | null;
}

/**
 * A phase's log with its tools. Its lines are not read out as they come, thousands of them: the page's script says now
 * and then how many there were. What has `data-keep` belongs to the reader and to the page's script: a refresh leaves
 * it as it is.
 */
export function Log({ runId, log }: { runId: string; log: LogView }) {
  const label = `Log of ${phaseLabels[log.phase]}`;
  return (
    <>
      <LogTools runId={runId} log={log} />
      <section class="log" id={`${log.phase}-log`} role="log" aria-live="off" tabindex={0} aria-label={label} data-keep>
        <LogPart runId={runId} log={log} stretch={{ from: 1, to: log.total }} />
      </section>
    </>
  );
}

/** Lines `from` to `to` of a phase: those that are there, and links to the others. */
export function LogPart(props: {
  runId: string;
  log: LogWindow & { phase: LoggedPhase };
  stretch: { from: number; to: number };
}) {
  const { runId, log, stretch } = props;
  const { phase } = log;
  const last = log.first + log.lines.length - 1;
  if (log.lines.length === 0) return null;
  return (
    <>
      {log.first > stretch.from && <Gap runId={runId} phase={phase} gap={{ from: stretch.from, to: log.first - 1 }} />}
      <LogBlocks phase={phase} log={log} />
      {last < stretch.to && (
        <Gap runId={runId} phase={phase} gap={{ from: last + 1, to: stretch.to }} atEnd={stretch.to >= log.total} />
      )}
    </>
  );
}

interface GapProps {
  runId: string;
  phase: LoggedPhase;
  gap: { from: number; to: number };
  /** Whether the log ends with it: then its first lines come next, else its last ones. */
  atEnd?: boolean;
}

/** Lines that the page lacks. The link leads to a page that has them; the page's script puts them in place. */
function Gap({ runId, phase, gap, atEnd = false }: GapProps) {
  const { from, to } = gap;
  const count = plural(to - from + 1, 'line');
  const where = atEnd ? 'after this' : from === 1 ? 'before this' : 'between';
  const start = atEnd ? from : Math.max(from, to - linesPerPart + 1);
  const part = `/runs/${runId}/logs/${phase}.html?from=${from}&to=${to}${atEnd ? `&near=${from}` : ''}`;
  return (
    <p class="more" data-from={from} data-to={to}>
      <a href={`/runs/${runId}?phase=${phase}&from=${start}#${phase}`} data-part={part}>
        {`Show ${atEnd ? 'later' : 'earlier'} lines (${count} ${where})`}
      </a>
      {to - from >= linesPerPart && (
        <button class="btn sm js" type="button" data-part-all>
          <Icon name="list" />
          Load all
        </button>
      )}
    </p>
  );
}
