import type { RunStatus } from '../src/run/status.ts';
import { type Frame, Layout } from './layout.tsx';
import { ChangeCounts, type Counts } from './parts/counts.tsx';
import { Notice } from './parts/notice.tsx';
import { Status } from './parts/status.tsx';
import { plural, Shown } from './parts/text.tsx';
import { Ago } from './parts/time.tsx';

export interface StackRow {
  id: string;
  name: string;
  path: string;
  repository: string;
  engine: string | null;
  lastRun: { id: string; number: number; status: RunStatus; createdAt: Date } | null;
  /** The run that waits for the reader. */
  waiting: WaitingRun | null;
}

/** A run that the reader may approve. */
export interface WaitingRun {
  id: string;
  number: number;
  title: string;
  counts: Counts | null;
  since: Date;
}

export interface StacksPageProps {
  frame: Frame;
  stacks: StackRow[];
  removed: StackRow[];
  /** Repositories whose zenfra.yml cannot be used, each as a sentence. */
  mistakes: { repository: string; sentence: string }[];
  refresh: { address: string; seconds: number; withoutScript: boolean } | null;
  events: { address: string; after: string };
}

/** All stacks, those that wait for a person first. */
export function StacksPage({ frame, stacks, removed, mistakes, refresh, events }: StacksPageProps) {
  // A stack that left zenfra.yml may still have a plan to decide on.
  const waiting = [...stacks, ...removed].filter((stack) => stack.waiting !== null);
  return (
    <Layout frame={frame} title="Stacks" tone={waiting.length > 0 ? 'wait' : 'quiet'} refresh={refresh} events={events}>
      <h1>Stacks</h1>
      <div class="answers">
        {mistakes.map((mistake) => (
          <Notice kind="bad">
            <b>
              <Shown text={mistake.repository} />
            </b>
            : <Shown text={mistake.sentence} /> The stacks of the last good version stay in force.
          </Notice>
        ))}
      </div>
      <div id="waiting">{waiting.length > 0 && <Waiting stacks={waiting} now={frame.now} />}</div>
      {stacks.length === 0 ? (
        <NoStacks />
      ) : (
        <StackTable stacks={stacks} now={frame.now} title={waiting.length > 0 ? 'All stacks' : null} />
      )}
      {removed.length > 0 && (
        <details class="removed">
          <summary class="mute">{plural(removed.length, 'removed stack')}</summary>
          <StackTable stacks={removed} now={frame.now} title={null} />
        </details>
      )}
    </Layout>
  );
}

function Waiting({ stacks, now }: { stacks: StackRow[]; now: Date }) {
  return (
    <section aria-labelledby="waiting-title">
      <h2 id="waiting-title">Waiting for you</h2>
      <div class="card waiting">
        {stacks.map(
          (stack) =>
            stack.waiting && (
              <a class="waiting-run" href={`/runs/${stack.waiting.id}`}>
                <Status status="unconfirmed" />
                <span class="what">
                  <b>
                    <Shown text={stack.name} />
                  </b>{' '}
                  <span class="mute">
                    <Shown text={stack.waiting.title || `Run #${stack.waiting.number}`} />
                  </span>
                </span>
                <ChangeCounts counts={stack.waiting.counts} />
                <span class="mute at">
                  <Ago at={stack.waiting.since} now={now} />
                </span>
              </a>
            ),
        )}
      </div>
    </section>
  );
}

function StackTable({ stacks, now, title }: { stacks: StackRow[]; now: Date; title: string | null }) {
  return (
    <section>
      {title !== null && <h2>{title}</h2>}
      <div class="card list">
        <table class="runs">
          <thead>
            <tr>
              <th scope="col">Status</th>
              <th scope="col">Name</th>
              <th scope="col">Repository</th>
              <th scope="col">IAC</th>
              <th scope="col" class="r">
                Last run
              </th>
            </tr>
          </thead>
          <tbody>
            {stacks.map((stack) => (
              <Row stack={stack} now={now} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Row({ stack, now }: { stack: StackRow; now: Date }) {
  const { lastRun } = stack;
  return (
    <tr>
      <td data-label="Status">
        {lastRun ? <Status status={lastRun.status} /> : <span class="mute">No runs yet</span>}
      </td>
      <td data-label="Name">
        <a class="strong" href={`/stacks/${stack.id}`}>
          <Shown text={stack.name} />
        </a>
      </td>
      <td data-label="Repository">
        <span>
          <Shown text={stack.repository} />{' '}
          <code class="mute">
            <Shown text={stack.path} />
          </code>
        </span>
      </td>
      <td data-label="IAC">{stack.engine ?? <span class="mute none">–</span>}</td>
      <td data-label="Last run" class="r">
        {lastRun ? (
          <a href={`/runs/${lastRun.id}`}>
            #{lastRun.number} · <Ago at={lastRun.createdAt} now={now} />
          </a>
        ) : (
          <span class="mute none">–</span>
        )}
      </td>
    </tr>
  );
}

function NoStacks() {
  return (
    <div class="card empty">
      <h2 class="plain">No stacks yet</h2>
      <p>A stack is a folder of Terraform or OpenTofu code with a state of its own. To get the first one:</p>
      <ol>
        <li>Install the GitHub App in a repository. What is installed just now is known here within a minute.</li>
        <li>
          Commit a <code>zenfra.yml</code> to its default branch (without one, a repository with <code>.tf</code> files
          at its root is one stack). What Terragrunt, CDKTF or another tool generates has to be committed, too:
          <pre>{'stacks:\n  network-prod:\n    path: infra/network\n    branch: main'}</pre>
        </li>
        <li>Open a pull request that changes a file under that path: its plan appears here and on the pull request.</li>
      </ol>
    </div>
  );
}
