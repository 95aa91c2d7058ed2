import { type StoryStage, writer } from './story-stage.ts';

export interface Proposal {
  branch: string;
  title: string;
  files: Record<string, string>;
  draft?: boolean;
}

/** Pushes a branch and opens a pull request with it. Returns its number. */
export async function propose(story: StoryStage, proposal: Proposal): Promise<number> {
  const { sandbox, repository } = story;
  const { branch, title, files, draft = false } = proposal;
  await push(story, { branch, files, message: title });
  const number = await sandbox.openPullRequest(repository, {
    title,
    head: branch,
    base: 'main',
    author: writer,
    draft,
  });
  story.pulls.set(branch, number);
  return number;
}

/** Pushes a commit of the writer's. Returns its id. */
export async function push(
  story: StoryStage,
  commit: { branch: string; files: Record<string, string | null>; message: string },
): Promise<string> {
  return story.sandbox.commit(story.repository, { ...commit, author: writer });
}

/** Comments on a pull request. Returns the comment's id. */
export function say(story: StoryStage, pull: number, comment: { login?: string; body: string }): number {
  return story.sandbox.comment(story.repository, pull, { login: comment.login ?? writer, body: comment.body });
}

/** The number of a pull request that an earlier step has opened. */
export function pullOf(story: StoryStage, branch: string): number {
  const number = story.pulls.get(branch);
  if (number === undefined) throw new Error(`No step before this one has opened a pull request for ${branch}.`);
  return number;
}

export function headOf(story: StoryStage, pull: number): string {
  return story.sandbox.conversation(story.repository, pull).head.sha;
}

export function pullLink(story: StoryStage, pull: number): string {
  return `${story.repository.htmlUrl}/pull/${pull}`;
}

export function commitLink(story: StoryStage, sha: string): string {
  return `${story.repository.htmlUrl}/commit/${sha}`;
}

export function runLink(story: StoryStage, run: { id: string }): string {
  return `${story.url}/runs/${run.id}`;
}
