import { hasPermission, type Permission } from '../src/run/checks.ts';
import { type RunStatus, type RunType, runStatuses, runTypes, statusLabels, typeLabels } from '../src/run/status.ts';
import type { Frame } from './layout.tsx';
import type { Answer } from './parts/notice.tsx';
import { Pager, type PagerView } from './parts/pager.tsx';
import { type RunRow, RunsTable } from './parts/runs-table.tsx';
import { StackFrame, type StackView } from './parts/stack-frame.tsx';
import { plural } from './parts/text.tsx';

export interface RunsFilter {
  by: string | null;
  type: RunType | null;
  status: RunStatus | null;
  perPage: number;
}

export interface StackPageProps {
  frame: Frame;
  answer: Answer | null;
  stack: StackView;
  /** What the reader may do with it. */
  may: Permission;
  filter: RunsFilter;
  /** Everybody who triggered a run here, for the filter. */
  people: string[];
  runs: RunRow[];
  /** How many match, up to a limit; `1,000+` beyond. */
  matching: string;
  pager: PagerView;
  refresh: { address: string; seconds: number; withoutScript: boolean } | null;
  events: { address: string; after: string };
}

export const pageSizes = [10, 25, 50, 100];

/** A stack and its Runs tab. */
export function StackPage(props: StackPageProps) {
  const { frame, stack, filter, runs } = props;
  const canTrigger = hasPermission(props.may, 'write');
  const filtered = filter.by !== null || filter.type !== null || filter.status !== null;
  return (
    <StackFrame
      {...{ frame, stack }}
      answer={props.answer}
      may={props.may}
      tab="runs"
      refresh={props.refresh}
      events={props.events}
    >
      <div class="card list">
        <Filters stackId={stack.id} filter={filter} people={props.people} />
        {runs.length > 0 ? (
          <RunsTable runs={runs} now={frame.now} />
        ) : (
          <NoRuns stack={stack} filtered={filtered} canTrigger={canTrigger} />
        )}
        <div class="foot">
          <PerPage perPage={filter.perPage} />
          <span class="push mute">
            {plural(0, 'run')
              .replace('0', props.matching)
              .replace(/s$/, props.matching === '1' ? '' : 's')}
          </span>
          <Pager pager={props.pager} />
        </div>
      </div>
    </StackFrame>
  );
}

function Filters({ stackId, filter, people }: { stackId: string; filter: RunsFilter; people: string[] }) {
  const listed = filter.by !== null && !people.includes(filter.by) ? [filter.by, ...people] : people;
  return (
    <form class="filters" id="filters" method="get" action={`/stacks/${stackId}`} data-auto-submit>
      <Select
        name="by"
        label="Triggered by"
        chosen={filter.by}
        any="anyone"
        options={listed.map((login) => [login, login])}
      />
      <Select
        name="type"
        label="Type"
        chosen={filter.type}
        any="all"
        options={runTypes.map((type) => [type, typeLabels[type]])}
      />
      <Select
        name="status"
        label="Status"
        chosen={filter.status}
        any="all"
        options={runStatuses.map((status) => [status, statusLabels[status]])}
      />
      <button class="btn sm no-js" type="submit">
        Filter
      </button>
      {(filter.by ?? filter.type ?? filter.status) !== null && <a href={`/stacks/${stackId}`}>Clear</a>}
    </form>
  );
}

interface SelectProps {
  name: string;
  label: string;
  chosen: string | null;
  any: string;
  options: [string, string][];
}

function Select({ name, label, chosen, any, options }: SelectProps) {
  return (
    <label>
      <span>{label}</span>
      <select name={name}>
        <option value="">{any}</option>
        {options.map(([value, text]) => (
          <option value={value} selected={value === chosen}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

function PerPage({ perPage }: { perPage: number }) {
  return (
    <label>
      Rows per page{' '}
      <select name="per_page" form="filters">
        {pageSizes.map((size) => (
          <option value={size} selected={size === perPage}>
            {size}
          </option>
        ))}
      </select>
    </label>
  );
}

function NoRuns({ stack, filtered, canTrigger }: { stack: StackView; filtered: boolean; canTrigger: boolean }) {
  if (filtered) {
    return (
      <div class="empty">
        <p>No run matches this filter.</p>
        <p>
          <a href={`/stacks/${stack.id}`}>Show all runs</a>
        </p>
      </div>
    );
  }
  return (
    <div class="empty">
      <h2 class="plain">No runs yet</h2>
      <p>
        Open a pull request that changes something under <code>{stack.path}</code> to see a plan, or push to{' '}
        <code>{stack.branch.name}</code>
        {canTrigger ? ', or use Trigger above.' : '.'}
      </p>
    </div>
  );
}
