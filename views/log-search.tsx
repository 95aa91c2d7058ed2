import { visibleText } from '../src/plan/visible-text.ts';
import { type LoggedPhase, phaseLabels } from '../src/run/status.ts';
import { type Frame, Layout } from './layout.tsx';
import { Icon } from './parts/icons.tsx';
import { plural } from './parts/text.tsx';

export interface LogSearchProps {
  frame: Frame;
  run: { id: string; number: number };
  phase: LoggedPhase;
  query: string;
  count: number;
  capped: boolean;
  /** The hits on this page, from the first. */
  hits: { line: number; text: string }[];
}

/** The lines of a phase that have a text, for readers without scripts. Each leads to its place in the log. */
export function LogSearchPage({ frame, run, phase, query, count, capped, hits }: LogSearchProps) {
  return (
    <Layout frame={frame} title={`${query} · ${phaseLabels[phase]} · #${run.number}`}>
      <nav class="crumb" aria-label="Breadcrumb">
        <a href={`/runs/${run.id}`}>Run #{run.number}</a> <span aria-hidden="true">/</span>{' '}
        <a href={`/runs/${run.id}#${phase}`}>{phaseLabels[phase]}</a>
      </nav>
      <h1>{summary({ count, capped })}</h1>
      <div class="card hits">
        <search>
          <form class="find">
            <Icon name="search" />
            <input type="search" name="q" value={query} maxlength={200} aria-label="Search the log" required />
            <button class="btn sm" type="submit">
              Search
            </button>
          </form>
        </search>
        <div class="log">
          <pre>
            {hits.map(({ line, text }) => (
              <code>
                <a class="n" href={lineAddress(run.id, phase, line)}>
                  {line}
                </a>
                <bdi>{visibleText(text)}</bdi>
              </code>
            ))}
          </pre>
        </div>
      </div>
      {count > hits.length && <p class="mute small">{`The first ${hits.length} are shown; search for more words.`}</p>}
    </Layout>
  );
}

function summary({ count, capped }: { count: number; capped: boolean }): string {
  const searched = capped ? ' in the part that was searched; the log is too long to search all of it' : '';
  return `${count === 0 ? 'No line has this' : `${plural(count, 'line')} found`}${searched}`;
}

function lineAddress(runId: string, phase: LoggedPhase, line: number): string {
  return `/runs/${runId}?phase=${phase}&from=${Math.max(1, line - 20)}#${phase}-L${line}`;
}
