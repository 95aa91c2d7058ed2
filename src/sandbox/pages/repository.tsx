import type { GitCommit } from '../git/commits.ts';
import { fullName } from '../shapes/repository.ts';
import type { CheckRun, PullRequest, Repository } from '../store.ts';
import { type Actor, ActorSelect, Notice } from './actor.tsx';
import { Checks } from './checks.tsx';
import { page, Time } from './layout.tsx';

/** All repositories with their pull requests. */
export function renderHome(repositories: Repository[]) {
  return page(
    'Sandbox',
    <div data-live="home">
      <h1>Repositories</h1>
      {repositories.length === 0 ? <p>There is no repository yet.</p> : null}
      {repositories.map((repository) => (
        <section class="box">
          <h2>
            <a href={`/${fullName(repository)}`}>{fullName(repository)}</a>
          </h2>
          <Pulls repository={repository} />
        </section>
      ))}
    </div>,
  );
}

interface RepositoryPage {
  repository: Repository;
  commits: GitCommit[];
}

/** One repository: its pull requests and the latest commits of its default branch. */
export function renderRepository({ repository, commits }: RepositoryPage) {
  return page(
    fullName(repository),
    <>
      <h1>{fullName(repository)}</h1>
      <div data-live="repository">
        <section class="box">
          <h2>Pull requests</h2>
          <Pulls repository={repository} />
        </section>
        <section class="box">
          <h2>
            Commits on <code>{repository.defaultBranch}</code>
          </h2>
          <ul class="list">
            {commits.map((commit) => (
              <CommitItem repository={repository} commit={commit} />
            ))}
          </ul>
        </section>
      </div>
    </>,
  );
}

interface CommitPage {
  repository: Repository;
  commit: GitCommit;
  patches: { filename: string; patch: string | undefined }[];
  checks: CheckRun[];
  actors: Actor[];
  as: string | undefined;
  notice: string | undefined;
}

/** One commit: its changes, and its checks with their buttons. */
export function renderCommit({ repository, commit, patches, checks, actors, as, notice }: CommitPage) {
  const base = `/${fullName(repository)}`;
  return page(
    `${commit.message.split('\n')[0]} · ${fullName(repository)}`,
    <>
      <p class="crumbs">
        <a href={base}>{fullName(repository)}</a>
      </p>
      <Notice code={notice} />
      <h1>{commit.message.split('\n')[0]}</h1>
      <p class="meta">
        <b>{commit.author.name}</b> <Time at={commit.author.date} /> <code>{commit.sha}</code>
      </p>
      <div data-live="checks">
        <Checks base={base} back={`${base}/commit/${commit.sha}`} checks={checks} />
      </div>
      <form id="act" method="post" action={base} class="box act">
        <ActorSelect actors={actors} as={as} />
        <p class="hint">The checks’ buttons act as the person chosen here.</p>
      </form>
      {patches.map(({ filename, patch }) => (
        <section class="box">
          <h2>
            <code>{filename}</code>
          </h2>
          <pre class="patch">{patch ?? 'No text to show.'}</pre>
        </section>
      ))}
    </>,
  );
}

interface FilePage {
  repository: Repository;
  path: string;
  sha: string;
  lines: string[];
}

/** A file at a commit, each line with an anchor. */
export function renderFile({ repository, path, sha, lines }: FilePage) {
  const base = `/${fullName(repository)}`;
  return page(
    `${path} · ${fullName(repository)}`,
    <>
      <p class="crumbs">
        <a href={base}>{fullName(repository)}</a> at <a href={`${base}/commit/${sha}`}>{sha.slice(0, 7)}</a>
      </p>
      <h1>
        <code>{path}</code>
      </h1>
      <ol class="box file">
        {lines.map((line, index) => (
          <li id={`L${index + 1}`}>
            <code>{line}</code>
          </li>
        ))}
      </ol>
    </>,
  );
}

function Pulls({ repository }: { repository: Repository }) {
  const pulls = [...repository.pulls.values()].toReversed();
  if (pulls.length === 0) return <p class="hint">No pull requests yet.</p>;
  return (
    <ul class="list">
      {pulls.map((pull) => (
        <li>
          <span class={`badge ${stateOf(pull)}`}>{stateOf(pull)}</span>
          <a href={`/${fullName(repository)}/pull/${pull.number}`}>{pull.title}</a>
          <span class="number">
            #{pull.number} by {pull.author.login}
          </span>
        </li>
      ))}
    </ul>
  );
}

function CommitItem({ repository, commit }: { repository: Repository; commit: GitCommit }) {
  const checks = [...repository.checkRuns.values()].filter((check) => check.headSha === commit.sha);
  return (
    <li>
      <a href={`/${fullName(repository)}/commit/${commit.sha}`}>{commit.message.split('\n')[0]}</a>
      <span class="number">
        {commit.author.name} · <code>{commit.sha.slice(0, 7)}</code>
      </span>
      {checks.map((check) => (
        <span
          class={`dot ${check.conclusion ?? check.status}`}
          title={`${check.name}: ${check.conclusion ?? check.status}`}
        />
      ))}
    </li>
  );
}

/** The one word that GitHub shows for a pull request's state. */
export function stateOf(pull: PullRequest): string {
  if (pull.mergedAt) return 'merged';
  if (pull.state === 'closed') return 'closed';
  return pull.draft ? 'draft' : 'open';
}
