import { hasPermission } from '../src/run/checks.ts';
import { Icon } from './parts/icons.tsx';
import { Pager, type PagerView } from './parts/pager.tsx';
import { StackFrame, type StackFrameProps } from './parts/stack-frame.tsx';
import { formatSize, type VersionRow, VersionsTable } from './parts/state-versions.tsx';
import { Shown } from './parts/text.tsx';
import { Ago } from './parts/time.tsx';

export interface RejectedRow {
  id: string;
  reason: string;
  size: number;
  createdAt: Date;
  run: { id: string; number: number } | null;
}

export interface StatePageProps extends Omit<StackFrameProps, 'tab' | 'children'> {
  versions: VersionRow[];
  /** Of all versions. */
  lineage: string | null;
  /** `12`, or `1,000+` beyond a limit. */
  count: string;
  pager: PagerView;
  rejected: RejectedRow[];
  /** Why no state can be imported just now; null if one can, or where none is asked for. */
  busy: string | null;
  /** The repository's own backend keeps the state. */
  external: boolean;
  /** The most bytes of an import. */
  maxBytes: number;
}

/** A stack's State tab. */
export function StatePage(props: StatePageProps) {
  const { stack, may, frame, versions, lineage } = props;
  const mayDownload = hasPermission(may, 'write');
  return (
    <StackFrame {...props} tab="state">
      {props.external && <KeptElsewhere {...props} />}
      {lineage === null ? (
        !props.external && <NoState {...props} />
      ) : (
        <div class="card list">
          <div class="filters">
            <span class="lineage">
              <span class="mute">Lineage</span> <code>{lineage}</code>
            </span>
            <span class="push buttons">
              <a class="btn sm" href={`/stacks/${stack.id}/state/diff`}>
                Compare versions
              </a>
              {mayDownload && (
                <a class="btn sm" href={`/stacks/${stack.id}/state/current.tfstate`}>
                  <Icon name="download" />
                  Export
                </a>
              )}
            </span>
          </div>
          <VersionsTable
            stackId={stack.id}
            versions={versions}
            mayDownload={mayDownload}
            mayRollBack={may === 'admin'}
            now={frame.now}
          />
          <div class="foot">
            <span class="mute">
              {props.count} {props.count === '1' ? 'version' : 'versions'}. None is ever changed or deleted.
            </span>
            <span class="push"></span>
            <Pager pager={props.pager} />
          </div>
        </div>
      )}
      {props.rejected.length > 0 && <Rejected {...props} />}
    </StackFrame>
  );
}

function KeptElsewhere(props: StatePageProps) {
  return (
    <div class="card empty">
      <h2 class="plain">The state is kept elsewhere</h2>
      <p>
        The repository declares a backend of its own for this stack, and zenfra.yml says <code>state: external</code>.
        Zenfra leaves the state there: it keeps no versions, and cannot compare, export or roll back. A plan is bound to
        the lineage and serial that the backend had, which are asked for again before it is applied.
      </p>
      <h3 class="ask">To move the state in</h3>
      <p>
        Let nobody apply any more, get it with <code class="kbd">terraform state pull &gt; terraform.tfstate</code> and
        import it here. Take out <code>state: external</code> and merge that by itself. Then remove the{' '}
        <code>backend</code> block in a second pull request: its plan should show no changes.
      </p>
      <Import {...props} />
      {props.lineage !== null && <p class="mute">Below is what Zenfra keeps of it; no run uses that now.</p>}
    </div>
  );
}

function NoState(props: StatePageProps) {
  return (
    <div class="card empty">
      <h2 class="plain">No state yet</h2>
      <p>The first apply of this stack makes its state, and every one after that a new version of it.</p>
      <h3 class="ask">Do the resources exist already, with a state kept elsewhere?</h3>
      <p>
        Get it from there with <code class="kbd">terraform state pull &gt; terraform.tfstate</code> and import it here:
        its serial and lineage stay as they are. Then remove the <code>backend</code> block and plan; there should be no
        changes.
      </p>
      <Import {...props} />
    </div>
  );
}

function Import({ stack, may, busy, maxBytes, frame }: StatePageProps) {
  return (
    <>
      {may !== 'admin' && <p class="mute">Somebody with admin permission on the repository can import a state here.</p>}
      {may === 'admin' && busy !== null && (
        <p class="mute">
          It cannot be imported just now. <Shown text={busy} />
        </p>
      )}
      {may === 'admin' && busy === null && (
        <form class="upload" method="post" action={`/stacks/${stack.id}/import`} enctype="multipart/form-data">
          <input type="hidden" name="form_token" value={frame.viewer?.formToken ?? ''} />
          <label>
            <span class="sr">State file</span>
            <input type="file" name="state" required accept=".tfstate,.json,application/json" />
          </label>
          <button class="btn" type="submit">
            <Icon name="upload" />
            Import state
          </button>
          <span class="mute small">Up to {Math.floor(maxBytes / 1024 / 1024)} MiB.</span>
        </form>
      )}
    </>
  );
}

function Rejected({ stack, may, rejected, frame }: StatePageProps) {
  return (
    <section aria-labelledby="rejected">
      <h2 id="rejected">Kept aside</h2>
      <p class="mute small before-card">
        What an engine could not save, or was refused. It never becomes the state by itself, but may be the only record
        of what a run has made.
      </p>
      <ul class="card rejected">
        {rejected.map((one) => (
          <li>
            <span class="what">
              {one.run ? <a href={`/runs/${one.run.id}`}>Run #{one.run.number}</a> : 'A run'}{' '}
              <span class="mute">
                · <Ago at={one.createdAt} now={frame.now} /> · {formatSize(one.size)}
              </span>
              <br />
              <Shown text={one.reason} />
            </span>
            {may === 'admin' && (
              <a class="btn sm" href={`/stacks/${stack.id}/state/rejected/${one.id}.tfstate`}>
                <Icon name="download" />
                Download
              </a>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
