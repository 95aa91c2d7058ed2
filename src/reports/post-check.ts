import { createHash } from 'node:crypto';
import type { Updateable } from 'kysely';
import type { Repository } from '../db/repositories.ts';
import type { PostedChecksTable } from '../db/schema.ts';
import { PutOff } from '../github/budget.ts';
import { createCheck, findOwnCheck, updateCheck } from '../github/checks.ts';
import { refOf } from '../github/github.ts';
import type { ReportDeps } from './deps.ts';
import type { CheckReport } from './facts.ts';
import { requestSecondLook } from './second-look.ts';
import { followedWords } from './words/notes.ts';

export interface CheckToPost {
  headSha: string;
  /** Null for the aggregate. */
  runId: string | null;
  detailsUrl: string;
  report: CheckReport;
}

/**
 * All checks of a commit: which are unchanged, and need nothing, is found with one look. Without `news` an open one that
 * stays open is left for `later`.
 */
export async function postChecks(
  deps: ReportDeps,
  repository: Repository,
  checks: CheckToPost[],
  { news }: { news: boolean },
): Promise<{ news: boolean; later: boolean }> {
  const posted = await deps.db
    .selectFrom('posted_checks')
    .select(['head_sha', 'name', 'run_id', 'body_sha256', 'github_id', 'completed'])
    .where('repository_id', '=', repository.id)
    .where('head_sha', 'in', [...new Set(checks.map(({ headSha }) => headSha))])
    .execute();
  const find = ({ headSha, report }: CheckToPost) =>
    posted.find((one) => one.head_sha === headSha && one.name === report.name);
  const changed = checks.filter((check) => {
    const known = find(check);
    return !known || !isPosted(known, check);
  });
  const isOpen = (check: CheckToPost) => {
    const known = find(check);
    return known !== undefined && known.github_id !== null && !known.completed;
  };
  const onlyNews = changed.filter((check) => check.report.status !== 'completed' && isOpen(check));
  const now = news ? changed : changed.filter((check) => !onlyNews.includes(check));
  // GitHub takes so many at a time: the one that a merge may wait for comes before those of single stacks.
  const inOrder = now.toSorted((one, other) => Number(one.runId !== null) - Number(other.runId !== null));
  // None is under way any more when this ends, or it would be sent after what a later report tells.
  const sent = await Promise.allSettled(inOrder.map((check) => postCheck(deps, repository, check)));
  for (const result of sent) if (result.status === 'rejected') throw result.reason;
  return { news: news && onlyNews.length > 0, later: !news && onlyNews.length > 0 };
}

/**
 * Makes a check run be there once for this commit and name. What is unchanged is not sent again. A run that follows
 * another on the same commit gets a check run of its own: GitHub keeps an ended one as it was.
 */
export async function postCheck(deps: ReportDeps, repository: Repository, check: CheckToPost): Promise<void> {
  const key = { repository_id: repository.id, head_sha: check.headSha, name: check.report.name };
  const claimed = await deps.db
    .insertInto('posted_checks')
    .values({ ...key, run_id: check.runId, completed: false })
    .onConflict((conflict) => conflict.doNothing())
    .returning('name')
    .executeTakeFirst();
  const known = claimed ? undefined : await find(deps, key);
  if (known && isPosted(known, check)) return;
  const doubtful = {
    repositoryId: repository.id,
    kind: 'check',
    headSha: check.headSha,
    name: check.report.name,
  } as const;
  if (known?.github_id === null) await requestSecondLook(deps, doubtful);
  const id = known && (await reusable(deps, repository, { known, check }));
  if (known && id === undefined) {
    await endFollowed(deps, repository, { known, check });
    // So that a next try knows which check run to look for, should the answer to this one's creation be lost.
    await set(deps, key, { ...nothingYet, run_id: check.runId });
  }
  const annotated = known?.completed === true && id !== undefined;
  const githubId = await send(deps, repository, { check, id, annotated }).catch(async (error: unknown) => {
    // It may come yet, and overwrite what is sent after it.
    if (!(error instanceof PutOff)) await requestSecondLook(deps, doubtful);
    else if (known?.github_id !== null) await forgetUnsent(deps, key);
    throw error;
  });
  const completed = check.report.status === 'completed';
  await set(deps, key, { github_id: githubId, run_id: check.runId, body_sha256: digestOf(check), completed });
}

/** Nothing was made, so nothing has to be looked for: of three hundred checks that would use up what GitHub may be asked. */
async function forgetUnsent(deps: ReportDeps, key: Key): Promise<void> {
  await deps.db
    .deleteFrom('posted_checks')
    .where('repository_id', '=', key.repository_id)
    .where('head_sha', '=', key.head_sha)
    .where('name', '=', key.name)
    .where('github_id', 'is', null)
    .execute();
}

function isPosted(known: Pick<Known, 'run_id' | 'body_sha256'>, check: CheckToPost): boolean {
  return known.body_sha256 === digestOf(check) && known.run_id === check.runId;
}

function digestOf({ report, detailsUrl }: CheckToPost): string {
  return createHash('sha256')
    .update(JSON.stringify([report, detailsUrl]))
    .digest('hex');
}

const nothingYet = { github_id: null, body_sha256: null, completed: false };

async function set(deps: ReportDeps, key: Key, columns: Updateable<PostedChecksTable>): Promise<void> {
  await deps.db
    .updateTable('posted_checks')
    .set(columns)
    .where('repository_id', '=', key.repository_id)
    .where('head_sha', '=', key.head_sha)
    .where('name', '=', key.name)
    .execute();
}

type Key = { repository_id: number; head_sha: string; name: string };
type Known = NonNullable<Awaited<ReturnType<typeof find>>>;

async function find(deps: ReportDeps, key: Key) {
  return deps.db
    .selectFrom('posted_checks')
    .selectAll()
    .where('repository_id', '=', key.repository_id)
    .where('head_sha', '=', key.head_sha)
    .where('name', '=', key.name)
    .executeTakeFirst();
}

/** The check run to edit: of this run, and not ended unless it stays so. */
async function reusable(
  deps: ReportDeps,
  repository: Repository,
  { known, check }: { known: Known; check: CheckToPost },
): Promise<number | undefined> {
  if (known.run_id !== check.runId) return undefined;
  if (known.completed && check.report.status !== 'completed') return undefined;
  if (known.github_id !== null) return known.github_id;
  const wanted = { headSha: check.headSha, name: check.report.name, appId: deps.appId };
  const own = await findOwnCheck(deps.github, refOf(repository), wanted);
  if (!own || (own.completed && check.report.status !== 'completed')) return undefined;
  return (own.externalId ?? '') === (check.runId ?? '') ? own.id : undefined;
}

/** Of the run that this one follows: its end was not told, and nobody else would, so it would be shown as running for ever. */
async function endFollowed(
  deps: ReportDeps,
  repository: Repository,
  { known, check }: { known: Known; check: CheckToPost },
): Promise<void> {
  if (known.run_id === null || known.run_id === check.runId || known.completed) return;
  const id = known.github_id ?? (await findOpen(deps, repository, known));
  if (id === undefined) return;
  await updateCheck(deps.github, refOf(repository), {
    ...{ id, name: known.name, headSha: known.head_sha, externalId: known.run_id },
    ...{ status: 'completed', conclusion: 'neutral', title: followedWords, summary: `${followedWords}.` },
    ...{ actions: [], annotations: [] },
  });
}

/** The one that was made when the answer was lost. */
async function findOpen(deps: ReportDeps, repository: Repository, known: Known): Promise<number | undefined> {
  const wanted = { headSha: known.head_sha, name: known.name, appId: deps.appId };
  const own = await findOwnCheck(deps.github, refOf(repository), wanted);
  return own && !own.completed && own.externalId === known.run_id ? own.id : undefined;
}

/** GitHub adds annotations to those that it has, so they are sent once, with the first text that ends the check. */
async function send(
  deps: ReportDeps,
  repository: Repository,
  { check, id, annotated }: { check: CheckToPost; id: number | undefined; annotated: boolean },
): Promise<number> {
  const message = {
    ...check.report,
    annotations: annotated || check.report.status !== 'completed' ? [] : check.report.annotations,
    headSha: check.headSha,
    detailsUrl: check.detailsUrl,
    ...(check.runId === null ? {} : { externalId: check.runId }),
  };
  const ends = check.report.status === 'completed';
  const urgency = check.runId === null ? 'report' : ends ? 'detail' : 'courtesy';
  const ofEdit = ends ? urgency : 'courtesy';
  if (id !== undefined && (await updateCheck(deps.github, refOf(repository), { ...message, id }, ofEdit))) return id;
  return createCheck(deps.github, refOf(repository), message, urgency);
}
