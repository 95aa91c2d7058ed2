import type { Child } from 'hono/jsx';
import type { GitCommit } from '../git/commits.ts';
import { fullName } from '../shapes/repository.ts';
import type { CheckRun, Comment, PullRequest, Reaction, Repository } from '../store.ts';
import { type Actor, ActorSelect, Notice } from './actor.tsx';
import { Checks } from './checks.tsx';
import { Avatar, Markdown, page, Time } from './layout.tsx';
import { stateOf } from './repository.tsx';

export interface PullPage {
  repository: Repository;
  pull: PullRequest;
  commits: GitCommit[];
  comments: Comment[];
  checks: CheckRun[];
  actors: Actor[];
  as: string | undefined;
  notice: string | undefined;
}

const EMOJI: Record<Reaction['content'], string> = {
  ...{ '+1': '👍', '-1': '👎', laugh: '😄', confused: '😕', heart: '❤️', hooray: '🎉', rocket: '🚀', eyes: '👀' },
};

/** A pull request's conversation. */
export function renderPull(props: PullPage) {
  const { repository, pull, checks, actors, as } = props;
  const base = `/${fullName(repository)}`;
  const here = `${base}/pull/${pull.number}`;
  return page(
    `${pull.title} · #${pull.number} · ${fullName(repository)}`,
    <>
      <p class="crumbs">
        <a href={base}>{fullName(repository)}</a>
      </p>
      <Notice code={props.notice} />
      <div data-live="head">
        <Head pull={pull} />
      </div>
      <div data-live="timeline">
        <Timeline {...props} base={base} />
      </div>
      <div data-live="checks">
        <Checks base={base} back={here} checks={checks} />
      </div>
      <form id="act" method="post" action={`${here}/comment`} class="box act">
        <ActorSelect actors={actors} as={as} />
        <label for="body" class="hidden">
          Comment
        </label>
        <textarea id="body" name="body" rows={4} placeholder="Add a comment: /approve, /plan, /help …" />
        <p class="buttons">
          <button type="submit" class="primary">
            Comment
          </button>
          <span data-live="acts">
            <Acts pull={pull} here={here} />
          </span>
        </p>
        <p class="hint">Every button on this page acts as the person chosen here.</p>
      </form>
    </>,
  );
}

function Head({ pull }: { pull: PullRequest }) {
  const state = stateOf(pull);
  return (
    <>
      <h1>
        {pull.title} <span class="number">#{pull.number}</span>
      </h1>
      <p class="meta">
        <span class={`badge ${state}`}>{state}</span> <b>{pull.author.login}</b> wants to merge into{' '}
        <code>{pull.base.ref}</code> from <code>{pull.head.ref}</code>
      </p>
    </>
  );
}

function Timeline(props: PullPage & { base: string }) {
  const { pull, commits, comments, base } = props;
  const items = [
    ...commits.map((commit) => ({ at: commit.committer.date, item: <CommitLine base={base} commit={commit} /> })),
    ...comments.map((comment) => ({ at: comment.createdAt, item: <CommentBox comment={comment} /> })),
  ].toSorted((a, b) => a.at.localeCompare(b.at));
  return (
    <ol class="timeline">
      <li>
        <Said by={pull.author.login} at={pull.createdAt} body={pull.body ?? '*No description provided.*'} />
      </li>
      {items.map(({ item }) => (
        <li>{item}</li>
      ))}
    </ol>
  );
}

function CommitLine({ base, commit }: { base: string; commit: GitCommit }) {
  return (
    <p class="commit">
      <Avatar login={commit.author.name} /> <span>{commit.message.split('\n')[0]}</span>
      <a href={`${base}/commit/${commit.sha}`}>
        <code>{commit.sha.slice(0, 7)}</code>
      </a>
    </p>
  );
}

function CommentBox({ comment }: { comment: Comment }) {
  const counts = reactionCounts(comment.reactions);
  const edited = comment.updatedAt !== comment.createdAt;
  return (
    <div id={`issuecomment-${comment.id}`}>
      <Said by={comment.author.login} at={comment.createdAt} body={comment.body} edited={edited}>
        {counts.size === 0
          ? null
          : [...counts].map(([content, reactions]) => (
              <span class="reaction" title={reactions.map((reaction) => reaction.user.login).join(', ')}>
                {EMOJI[content]} {reactions.length}
              </span>
            ))}
      </Said>
    </div>
  );
}

function reactionCounts(reactions: Reaction[]): Map<Reaction['content'], Reaction[]> {
  const counts = new Map<Reaction['content'], Reaction[]>();
  for (const reaction of reactions) counts.set(reaction.content, [...(counts.get(reaction.content) ?? []), reaction]);
  return counts;
}

interface SaidProps {
  by: string;
  at: string;
  body: string;
  edited?: boolean;
  children?: Child;
}

function Said({ by, at, body, edited, children }: SaidProps) {
  return (
    <article class="box said">
      <header>
        <Avatar login={by} /> <b>{by}</b> <Time at={at} /> {edited ? <span>· edited</span> : null}
      </header>
      <Markdown text={body} />
      {children ? <p class="reactions">{children}</p> : null}
    </article>
  );
}

function Acts({ pull, here }: { pull: PullRequest; here: string }) {
  const button = (act: string, label: string) => (
    <button type="submit" form="act" formaction={`${here}/${act}`} formnovalidate>
      {label}
    </button>
  );
  if (pull.mergedAt) return null;
  if (pull.state === 'closed') return button('reopen', 'Reopen');
  return (
    <>
      {button('push', 'Push another commit')}
      {pull.draft ? button('ready', 'Ready for review') : button('merge', 'Merge pull request')}
      {button('close', 'Close')}
    </>
  );
}
