import { hasPermission, type Permission } from '../src/run/checks.ts';
import { type RunStatus, type RunType, runStatuses, runTypes, statusLabels, typeLabels } from '../src/run/status.ts';
import { type Frame, Layout } from './layout.tsx';
import { Icon } from './parts/icons.tsx';
import { type Answer, AnswerNotice, Notice } from './parts/notice.tsx';
import { Pager, type PagerView } from './parts/pager.tsx';
import { type RunRow, RunsTable } from './parts/runs-table.tsx';
import { Status, statusTones } from './parts/status.tsx';
import { plural, Shown } from './parts/text.tsx';
import { TriggerMenu } from './parts/trigger-menu.tsx';

export interface StackView {
  id: string;
  name: string;
  path: string;
  branch: { name: string; url: string };
  repository: { fullName: string; url: string };
  engine: string | null;
  lastStatus: RunStatus | null;
  removed: boolean;
  /** Set while the stack exists in this pull request alone. */
  pullRequest: { number: number; url: string } | null;
  holds: string[];
}

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
}

export const pageSizes = [10, 25, 50, 100];

/** A stack and its Runs tab. */
export function StackPage(props: StackPageProps) {
  const { frame, stack, filter, runs } = props;
  const canTrigger = hasPermission(props.may, 'write');
  const filtered = filter.by !== null || filter.type !== null || filter.status !== null;
  return (
    <Layout
      frame={frame}
      title={stack.name}
      tone={stack.lastStatus ? statusTones[stack.lastStatus] : 'quiet'}
      refresh={props.refresh}
    >
      <div class="answers">
        <AnswerNotice answer={props.answer} />
      </div>
      <StackHeader stack={stack} may={props.may} formToken={frame.viewer?.formToken ?? ''} />
      <nav class="tabs" aria-label="Stack">
        <a href={`/stacks/${stack.id}`} aria-current="page">
          Runs
        </a>
      </nav>
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
    </Layout>
  );
}

function StackHeader(props: { stack: StackView; may: Permission; formToken: string }) {
  const { stack, may, formToken } = props;
  const canTrigger = hasPermission(may, 'write');
  return (
    <header class="page-head">
      <nav class="crumb" aria-label="Breadcrumb">
        <a href="/">Stacks</a> <span aria-hidden="true">/</span>
      </nav>
      <div class="row head-row">
        <h1>
          <Shown text={stack.name} /> {stack.lastStatus && <Status status={stack.lastStatus} />}
        </h1>
        {canTrigger && !stack.removed && (
          <TriggerMenu stack={stack} formToken={formToken} mayDestroy={may === 'admin'} />
        )}
      </div>
      <p class="row facts mute">
        <a href={stack.repository.url}>
          <Shown text={stack.repository.fullName} />
        </a>
        <code>
          <Shown text={stack.path} />
        </code>
        <a class="with-icon" href={stack.branch.url}>
          <Icon name="branch" />
          <Shown text={stack.branch.name} />
        </a>
        {stack.engine && <span>{stack.engine}</span>}
      </p>
      {!canTrigger && (
        <p class="mute small">
          Runs are started by pushes, pull requests and comments such as /plan, and here by whoever has write permission
          on the repository.
        </p>
      )}
      {stack.removed && (
        <Notice kind="info">This stack is not in zenfra.yml any more. Its history and its state are kept.</Notice>
      )}
      {stack.pullRequest && (
        <Notice kind="info">
          This stack is added by <a href={stack.pullRequest.url}>#{stack.pullRequest.number}</a>, which is not merged
          yet.
        </Notice>
      )}
      {stack.holds.map((note) => (
        <Notice kind="wait">
          The stack is held: <Shown text={note} />.
        </Notice>
      ))}
    </header>
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
      <button class="btn sm" type="submit">
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
