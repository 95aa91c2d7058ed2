import type { CheckView, CommentView } from '../../src/sandbox/acts/view.ts';
import type { StoryStage } from '../../src/sandbox/story/story-stage.ts';
import { plain } from './plain.ts';

/** Tells what people see on GitHub that they did not see the last time, to the letter. */
export function transcriber(scene: StoryStage): () => string {
  let before = new Map<string, string>();
  return () => {
    const now = new Map([...comments(scene), ...checks(scene)]);
    const news = [...now].filter(([key, text]) => before.get(key) !== text).map(([, text]) => text);
    before = now;
    return plain(`${news.join('\n\n')}\n`, { [scene.url]: 'http://zenfra', [scene.sandbox.url]: 'http://github' });
  };
}

const emoji: Record<string, string> = { eyes: '👀', rocket: '🚀', '+1': '👍', '-1': '👎', confused: '😕' };

function comments({ sandbox, repository, pulls }: StoryStage): [string, string][] {
  return [...pulls.values()].flatMap((number) => {
    const { title, comments } = sandbox.conversation(repository, number);
    return comments.map((comment): [string, string] => [
      `comment ${comment.id}`,
      `${`═══ #${number} ${title}, ${comment.author} ${reactions(comment)}`.trimEnd()}\n${comment.body}`,
    ]);
  });
}

function reactions(comment: CommentView): string {
  return comment.reactions.map(({ content }) => emoji[content] ?? content).join('');
}

/** Of each commit in the order of its first check, by name: two that are made at once come in any order. */
function checks({ sandbox, repository }: StoryStage): [string, string][] {
  const posted = sandbox.calls.filter(({ method, path }) => method === 'POST' && path.endsWith('/check-runs'));
  const commits = new Set(posted.map(({ body }) => (body as { head_sha: string }).head_sha));
  return [...commits].flatMap((sha) =>
    sandbox
      .checks(repository, sha)
      .toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.id - b.id))
      .map((check): [string, string] => [`check ${check.id}`, describeCheck(check)]),
  );
}

function describeCheck(check: CheckView): string {
  const { title, summary, text, annotations } = check.output;
  const buttons = check.actions.map(({ label }) => `[${label}]`).join(' ');
  const marks = annotations.map(
    (mark) => `┃ ${mark.annotation_level} ${mark.path}:${mark.start_line} ${mark.title}\n┃ ${mark.message}`,
  );
  return [
    `─── ${check.name} on ${check.head_sha}: ${check.conclusion ?? check.status} “${title}” ${buttons}`.trimEnd(),
    check.details_url,
    ...[summary, text].flatMap((part) => (part ? [part] : [])),
    ...marks,
  ].join('\n');
}
