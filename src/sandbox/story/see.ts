import type { Run } from '../../db/runs.ts';
import type { LoggedPhase, RunStatus, RunType } from '../../run/status.ts';
import type { CheckView, CommentView } from '../acts/view.ts';
import type { Gate } from './gate.ts';
import type { StoryStage } from './story-stage.ts';
import { until } from './until.ts';

const bot = 'zenfra[bot]';

/** Zenfra's comments on a pull request, oldest first. */
export function botComments(story: StoryStage, pull: number): CommentView[] {
  return story.sandbox.conversation(story.repository, pull).comments.filter(({ author }) => author === bot);
}

/** Waits for a comment of Zenfra's that has all of these parts. */
export function seeComment(story: StoryStage, pull: number, ...parts: string[]): Promise<CommentView> {
  return until(story.signal, {
    expected: `a comment on #${pull} with ${parts.map((part) => JSON.stringify(part)).join(' and ')}`,
    look: () => botComments(story, pull).find(({ body }) => parts.every((part) => body.includes(part))),
    seen: () => botComments(story, pull).map(quoted).join(' and '),
  });
}

/** Waits for the answer to a comment. */
export function seeReply(
  story: StoryStage,
  pull: number,
  answer: { to: number; says: string[] },
): Promise<CommentView> {
  return seeComment(story, pull, `<!-- zenfra:v1 reply=comment:${answer.to} -->`, ...answer.says);
}

/** Waits until a comment has exactly these reactions, in this order. */
export async function seeReactions(story: StoryStage, pull: number, want: { on: number; are: string }): Promise<void> {
  const reactions = () =>
    story.sandbox
      .conversation(story.repository, pull)
      .comments.filter(({ id }) => id === want.on)
      .flatMap((comment) => comment.reactions.map(({ content }) => content))
      .join(' ');
  await until(story.signal, {
    expected: `the reactions "${want.are}" on the comment`,
    look: () => reactions() === want.are || undefined,
    seen: () => `"${reactions()}"`,
  });
}

export interface WantedCheck {
  name: string;
  /** A conclusion, or a status for one that has not ended. */
  is: string;
  /** A pattern where the title has a duration in it. */
  title: string | RegExp;
  /** The buttons' labels; what is not given is not looked at. */
  buttons?: string[];
}

/** Waits until the newest check run of that name on the commit is as it should be. */
export function seeCheck(story: StoryStage, sha: string, want: WantedCheck): Promise<CheckView> {
  const { sandbox, repository } = story;
  const newest = () => sandbox.checks(repository, sha).findLast(({ name }) => name === want.name);
  const { name, is, title, buttons } = want;
  return until(story.signal, {
    expected: `the check ${name} to be ${is} "${title}"${buttons ? ` with the buttons [${buttons.join(', ')}]` : ''}`,
    look: () => {
      const check = newest();
      return check && isAsWanted(check, want) ? check : undefined;
    },
    seen: () => {
      const check = newest();
      if (!check) return `none of that name on ${sha.slice(0, 7)}`;
      return `${stateOf(check)} "${check.output.title}" with the buttons [${labelsOf(check).join(', ')}]`;
    },
  });
}

function isAsWanted(check: CheckView, { is, title, buttons }: WantedCheck): boolean {
  const shown = check.output.title ?? '';
  const titled = typeof title === 'string' ? shown === title : title.test(shown);
  return stateOf(check) === is && titled && (buttons === undefined || buttons.join() === labelsOf(check).join());
}

function stateOf(check: CheckView): string {
  return check.conclusion ?? check.status;
}

export interface WantedRun {
  commit: string;
  type: RunType;
  status: RunStatus;
  stack?: string;
  /** Only a newer one than this. */
  after?: number;
}

/** Waits for a run. */
export function seeRun(story: StoryStage, want: WantedRun): Promise<Run> {
  return until(story.signal, {
    expected: `a ${want.type} run of ${want.stack ?? 'a stack'} at ${want.commit.slice(0, 7)} to be ${want.status}`,
    look: async () => (await runsAt(story, want)).find(({ status }) => status === want.status),
    seen: async () =>
      (await runsAt(story, want))
        .map((run) => `#${run.number}, which is ${run.status}${run.failure ? `: ${run.failure.headline}` : ''}`)
        .join(' and '),
  });
}

/** Waits until a plan stands at the gate: a run that is `planning` may not have begun its engine yet. */
export async function seeKnock(story: StoryStage, gate: Gate): Promise<void> {
  await until(story.signal, {
    expected: 'a plan to stand at the gate',
    look: () => gate.knocks() > 0 || undefined,
    seen: () => 'no request',
  });
}

/** Waits until a phase's log has this text. */
export async function seeLog(story: StoryStage, run: Run, want: { phase: LoggedPhase; text: string }): Promise<void> {
  await until(story.signal, {
    expected: `${JSON.stringify(want.text)} in the ${want.phase} log of run #${run.number}`,
    look: async () => (await readLog(story, run.id, want.phase)).includes(want.text) || undefined,
    seen: async () => JSON.stringify((await readLog(story, run.id, want.phase)).slice(-300)),
  });
}

export async function readLog(story: StoryStage, runId: string, phase: LoggedPhase): Promise<string> {
  const chunks = await story.db
    .selectFrom('log_chunks')
    .select('bytes')
    .where('run_id', '=', runId)
    .where('phase', '=', phase)
    .orderBy('seq')
    .execute();
  return Buffer.concat(chunks.map(({ bytes }) => bytes)).toString();
}

/** How many runs there are in all. */
export async function countRuns(story: StoryStage): Promise<number> {
  const { count } = await story.db
    .selectFrom('runs')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

async function runsAt(story: StoryStage, want: WantedRun): Promise<Run[]> {
  return story.db
    .selectFrom('runs')
    .innerJoin('stacks', 'stacks.id', 'runs.stack_id')
    .selectAll('runs')
    .where('commit_sha', '=', want.commit)
    .where('type', '=', want.type)
    .where('number', '>', want.after ?? 0)
    .$if(want.stack !== undefined, (query) => query.where('stacks.name', '=', want.stack ?? ''))
    .orderBy('number')
    .execute();
}

function labelsOf(check: CheckView): string[] {
  return check.actions.map(({ label }) => label);
}

function quoted({ body }: CommentView): string {
  return JSON.stringify(body.length > 300 ? `${body.slice(0, 300)}…` : body);
}
