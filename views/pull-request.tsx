import { type Frame, Layout } from './layout.tsx';
import { Icon } from './parts/icons.tsx';
import { Pager, type PagerView } from './parts/pager.tsx';
import { type RunRow, RunsTable } from './parts/runs-table.tsx';
import { Shown } from './parts/text.tsx';

export interface PullRequestPageProps {
  frame: Frame;
  repository: string;
  pullRequest: { number: number; url: string; title: string; author: string; state: string; headRef: string };
  runs: RunRow[];
  pager: PagerView;
  refresh: { address: string; seconds: number; withoutScript: boolean } | null;
  events: { address: string; after: string };
}

/** All runs of a pull request, the newest first. */
export function PullRequestPage({
  frame,
  repository,
  pullRequest,
  runs,
  pager,
  refresh,
  events,
}: PullRequestPageProps) {
  return (
    <Layout frame={frame} title={`${repository}#${pullRequest.number}`} refresh={refresh} events={events}>
      <header class="page-head">
        <nav class="crumb" aria-label="Breadcrumb">
          <a href="/">Stacks</a> <span aria-hidden="true">/</span> <Shown text={repository} />
        </nav>
        <h1>
          <Shown text={pullRequest.title || `Pull request #${pullRequest.number}`} />
        </h1>
        <p class="row facts mute">
          <a class="with-icon" href={pullRequest.url}>
            <Icon name="merge" />#{pullRequest.number}
          </a>
          <span>{pullRequest.state}</span>
          <span>
            by <Shown text={pullRequest.author} />
          </span>
          <span class="with-icon">
            <Icon name="branch" />
            <Shown text={pullRequest.headRef} />
          </span>
        </p>
      </header>
      <h2>Runs</h2>
      <div class="card list">
        {runs.length > 0 ? (
          <RunsTable runs={runs} now={frame.now} />
        ) : (
          <div class="empty">
            <p>
              No runs yet. A run starts when a commit of the pull request touches a stack, or when somebody comments{' '}
              <code>/plan</code> on it.
            </p>
          </div>
        )}
        <div class="foot">
          <span class="push"></span>
          <Pager pager={pager} />
        </div>
      </div>
    </Layout>
  );
}
