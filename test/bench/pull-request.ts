import { sql } from 'kysely';
import type { RecordedCall } from '../../src/sandbox/http/record.ts';
import type { Stage } from '../../src/sandbox/stage.ts';
import { untilTrue } from './wait.ts';

/** A pull request that is about to be told to Zenfra: everything it takes is there but the webhook. */
export interface ReadyPullRequest {
  repository: { id: number; owner: string; name: string };
  number: number;
  sha: string;
  stacks: string[];
  /** The sandbox's id of the webhook that was held back. */
  deliveryId: number;
}

/** What one pull request took. Times are milliseconds since 1970. */
export interface Handled {
  pull: ReadyPullRequest;
  /** When the webhook was sent. */
  sentAt: number;
  /** When GitHub had the first comment, the last completed check, and the comment that shows all plans. */
  commentedAt: number;
  checkedAt: number;
  endedAt: number;
  calls: RecordedCall[];
}

const author = 'kim';
/** The times are the calls' own: what looks more often only takes from what is measured. */
const lookEveryMs = 50;

/**
 * Opens a pull request that changes every stack, and holds its webhook back. Each has a repository and an installation
 * of its own: GitHub's limits on writes are an installation's, and many rounds in a row would run into them. What a
 * repository costs once (its row, its token, its zenfra.yml) has been spent by the branch's push that comes before.
 */
export async function preparePullRequest(
  stage: Stage,
  wanted: { round: number; stacks: Record<string, string> },
): Promise<ReadyPullRequest> {
  const { sandbox } = stage;
  const owner = `bench-${wanted.round}`;
  for (const login of [owner, author]) sandbox.createUser(login);
  const stacks = Object.keys(wanted.stacks);
  const yml = stacks.map((name) => `  ${name}:\n    path: ${name}\n`).join('');
  const files = Object.fromEntries(stacks.map((name) => [`${name}/main.tf`, '']));
  const repository = await sandbox.createRepository({
    owner,
    name: 'infra',
    private: true,
    files: { 'zenfra.yml': `stacks:\n${yml}`, ...files },
  });
  sandbox.setPermission(repository, author, 'write');
  const change = Object.fromEntries(stacks.map((name) => [`${name}/main.tf`, wanted.stacks[name] ?? '']));
  const sha = await sandbox.commit(repository, { branch: 'change', files: change, message: 'Change', author });
  sandbox.faults.onDelivery({ when: ({ event }) => event === 'pull_request', does: 'drop' });
  const number = await sandbox.openPullRequest(repository, { title: 'Change', head: 'change', base: 'main', author });
  const delivery = sandbox.deliveries.findLast((one) => one.event === 'pull_request');
  if (!delivery) throw new Error('The sandbox made no webhook for the pull request');
  await quiet(stage);
  return { repository, number, sha, stacks, deliveryId: delivery.id };
}

/** Sends the webhook and waits until the pull request shows all of its plans. */
export async function handlePullRequest(stage: Stage, pull: ReadyPullRequest): Promise<Handled> {
  const { sandbox } = stage;
  const before = sandbox.calls.length;
  const sentAt = Date.now();
  sandbox.redeliver(pull.deliveryId);
  await untilTrue('the pull request shows its plans', () => isReported(stage, pull), lookEveryMs);
  const calls = sandbox.calls.slice(before);
  const comments = calls.filter((call) => call.method !== 'GET' && /\/issues\/(\d+\/)?comments/.test(call.path));
  const checks = calls.filter(isCompletion);
  const last = (some: RecordedCall[]) => Math.max(...some.map((call) => call.at + call.ms));
  const [checkedAt, shownAt] = [last(checks), last(comments)];
  const commentedAt = last(comments.slice(0, 1));
  return { pull, sentAt, commentedAt, checkedAt, endedAt: Math.max(checkedAt, shownAt), calls };
}

function isCompletion({ path, body }: RecordedCall): boolean {
  return /\/check-runs/.test(path) && (body as { status?: string } | undefined)?.status === 'completed';
}

function isReported({ sandbox }: Stage, pull: ReadyPullRequest): boolean {
  const checks = sandbox.checks(pull.repository, pull.sha);
  const completed = checks.filter((check) => check.status === 'completed');
  const comment = sandbox.conversation(pull.repository, pull.number).comments[0]?.body ?? '';
  const shown = comment.split('Ready to apply').length - 1;
  return completed.length === pull.stacks.length + 1 && shown === pull.stacks.length;
}

/** Nothing is under way: what one round left must not be paid for by the next. */
export async function quiet({ app, sandbox }: Stage): Promise<void> {
  await sandbox.idle();
  const busy = sql<{ busy: boolean }>`
    select exists (select from graphile_worker.jobs where attempts < max_attempts or locked_at is not null)
      or exists (select from deliveries where handled_at is null) as busy`;
  await untilTrue('all jobs are done', async () => (await busy.execute(app.db)).rows[0]?.busy === false, 20);
}
