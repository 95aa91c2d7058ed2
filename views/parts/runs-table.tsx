import { type RunStatus, type RunType, typeLabels } from '../../src/run/status.ts';
import { ChangeCounts, type Counts } from './counts.tsx';
import { Status } from './status.tsx';
import { Shown } from './text.tsx';
import { Ago, Duration } from './time.tsx';

export interface RunRow {
  id: string;
  number: number;
  type: RunType;
  status: RunStatus;
  counts: Counts | null;
  engine: string | null;
  createdAt: Date;
  startedAt: Date | null;
  endedAt: Date | null;
  triggeredBy: string;
  reason: string;
  /** Set where runs of several stacks stand in one table. */
  stack: { id: string; name: string } | null;
}

/** The table of runs. Its columns are the product's own; on a phone each run becomes a card. */
export function RunsTable({ runs, now }: { runs: RunRow[]; now: Date }) {
  const withStack = runs.some((run) => run.stack !== null);
  return (
    <table class="runs">
      <thead>
        <tr>
          {withStack && <th scope="col">Stack</th>}
          <th scope="col">Status</th>
          <th scope="col">Changes</th>
          <th scope="col">IAC</th>
          <th scope="col">Started</th>
          <th scope="col" class="r">
            Duration
          </th>
          <th scope="col">Triggered By</th>
          <th scope="col" class="r">
            Actions
          </th>
        </tr>
      </thead>
      <tbody>
        {runs.map((run) => (
          <Row run={run} now={now} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ run, now }: { run: RunRow; now: Date }) {
  return (
    <tr id={`run-${run.number}`}>
      {run.stack && (
        <td data-label="Stack">
          <a href={`/stacks/${run.stack.id}`}>
            <Shown text={run.stack.name} />
          </a>
        </td>
      )}
      <td data-label="Status">
        <a class="plain-link" href={`/runs/${run.id}`}>
          <Status status={run.status} />
        </a>
      </td>
      <td data-label="Changes">
        <ChangeCounts counts={run.counts} />
      </td>
      <td data-label="IAC">{run.engine ?? <span class="mute none">–</span>}</td>
      <td data-label="Started">
        <Ago at={run.createdAt} now={now} />
      </td>
      <td data-label="Duration" class="r">
        {run.startedAt ? (
          <Duration from={run.startedAt} to={run.endedAt} now={now} />
        ) : (
          <span class="mute none">–</span>
        )}
      </td>
      <td data-label="Triggered By" class="who">
        <Shown text={run.triggeredBy} />
        <span class="mute">
          <span class="kind">{typeLabels[run.type]}</span>
          {run.reason !== '' && (
            <>
              {' · '}
              <Shown text={run.reason} />
            </>
          )}
        </span>
      </td>
      <td data-label="Actions" class="r">
        <a href={`/runs/${run.id}`}>
          View<span class="sr"> run #{run.number}</span>
        </a>
      </td>
    </tr>
  );
}
