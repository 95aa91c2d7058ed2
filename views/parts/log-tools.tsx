import { phaseLabels } from '../../src/run/status.ts';
import { Icon } from './icons.tsx';
import type { LogView } from './log.tsx';
import { plural } from './text.tsx';

/** What can be done with a log. What needs the page's script has the class `js` and is not there without. */
export function LogTools({ runId, log }: { runId: string; log: LogView }) {
  const address = `/runs/${runId}/logs/${log.phase}.txt`;
  return (
    <div class="tools">
      <Find runId={runId} log={log} />
      <span class="facts mute">
        <span class="total">{plural(log.total, 'line')}</span>
        {log.firstError !== null && <JumpToError runId={runId} log={log} line={log.firstError} />}
        <a class="quiet-link" href={`${address}?view=raw`}>
          Raw
        </a>
      </span>
      <span class="push">
        <Toggles id={`${log.phase}-toggles`} />
        <button class="btn sm js" type="button" data-copy-from={`${address}?view=plain`}>
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

/** Without scripts the form leads to a list of the lines. */
function Find({ runId, log }: { runId: string; log: LogView }) {
  const label = `Search the log of ${phaseLabels[log.phase]}`;
  return (
    <search id={`${log.phase}-find`} data-keep>
      <form class="find" action={`/runs/${runId}/logs/${log.phase}/search`}>
        <Icon name="search" />
        <input
          type="search"
          name="q"
          maxlength={200}
          placeholder="Search"
          aria-label={label}
          autocomplete="off"
          required
        />
        <output class="found"></output>
        <span class="steps" hidden>
          <button class="btn sm icon-only" type="button" data-step="-1" aria-label="Previous hit">
            <Icon name="up" />
          </button>
          <button class="btn sm icon-only" type="button" data-step="1" aria-label="Next hit">
            <Icon name="down" />
          </button>
        </span>
      </form>
    </search>
  );
}

function JumpToError({ runId, log, line }: { runId: string; log: LogView; line: number }) {
  const hash = `#${log.phase}-L${line}`;
  const shown = line >= log.first && line < log.first + log.lines.length;
  const page = shown ? '' : `/runs/${runId}?phase=${log.phase}&from=${Math.max(1, line - 20)}`;
  return (
    <a class="jump bad" href={page + hash} data-line={hash}>
      Jump to first error
    </a>
  );
}

function Toggles({ id }: { id: string }) {
  return (
    <span id={id} class="toggles js" data-keep>
      <button class="btn sm" type="button" data-toggle="times" aria-pressed="false" title="Timestamps (t)">
        <Icon name="clock" />
        <span>Timestamps</span>
      </button>
      <button class="btn sm" type="button" data-toggle="wrap" aria-pressed="false" title="Wrap lines (w)">
        <Icon name="wrap" />
        <span>Wrap</span>
      </button>
    </span>
  );
}
