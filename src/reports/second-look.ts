import { addJob, type Tasks } from '../db/jobs.ts';
import { getRepository, type Repository } from '../db/repositories.ts';
import { requestPullRequestReport, requestReport } from '../db/request-report.ts';
import { findRun, listPullRequestsOf } from '../db/runs.ts';
import { listOwnChecks, updateCheck } from '../github/checks.ts';
import { deleteComment, listOwnComments } from '../github/comments.ts';
import { refOf } from '../github/github.ts';
import type { ReportDeps } from './deps.ts';
import { followedWords, repeatedWords } from './words/notes.ts';

/** What may be on GitHub twice. */
export type Doubtful = Tasks['second_look'];

/**
 * A creation whose answer never came is looked for before it is tried again, and that is not always enough: GitHub may
 * make it after we have looked. So somebody looks once more, when whatever is under way has come or never will.
 */
export async function requestSecondLook(deps: Pick<ReportDeps, 'db'>, doubtful: Doubtful): Promise<void> {
  const key = `second-look:${JSON.stringify(doubtful)}`;
  await addJob(deps.db, 'second_look', doubtful, { key, afterMs: waitMs });
}

/** Our own calls end after 15 seconds, and a process that was stopped in one has lost its lease by then. */
const waitMs = 60_000;

/** Leaves one comment, or one check that speaks, of those that are there for the same thing. */
export async function lookTwice(deps: ReportDeps, doubtful: Doubtful): Promise<void> {
  const repository = await getRepository(deps.db, doubtful.repositoryId);
  if (repository.removed_at) return;
  if (doubtful.kind === 'comment') await leaveOneComment(deps, repository, doubtful);
  else await leaveOneCheck(deps, repository, doubtful);
}

async function leaveOneComment(
  deps: ReportDeps,
  repository: Repository,
  { number, marker, startsWith }: Extract<Doubtful, { kind: 'comment' }>,
): Promise<void> {
  const row = await deps.db
    .selectFrom('posted_comments')
    .select('github_id')
    .where('repository_id', '=', repository.id)
    .where('pull_request_number', '=', number)
    .where('marker', '=', marker)
    .executeTakeFirst();
  // Still not posted: whoever posts it looks for it first, and asks for another look.
  if (!row || row.github_id === null) return;
  const own = await listOwnComments(deps.github, refOf(repository), { number, startsWith, appId: deps.appId });
  if (!own.some(({ id }) => id === row.github_id)) return;
  for (const { id } of own.filter((one) => one.id !== row.github_id)) {
    await deleteComment(deps.github, refOf(repository), id);
  }
}

/**
 * Of checks of one name GitHub shows the newest, and branch protection asks for that one: it is kept up to date from now
 * on, whichever we knew of, and the others are ended.
 */
async function leaveOneCheck(
  deps: ReportDeps,
  repository: Repository,
  { headSha, name }: Extract<Doubtful, { kind: 'check' }>,
): Promise<void> {
  const row = await deps.db
    .selectFrom('posted_checks')
    .select(['github_id', 'run_id', 'completed'])
    .where('repository_id', '=', repository.id)
    .where('head_sha', '=', headSha)
    .where('name', '=', name)
    .executeTakeFirst();
  if (!row || row.github_id === null) return;
  const checks = await listOwnChecks(deps.github, refOf(repository), { headSha, name, appId: deps.appId });
  const newest = checks.reduce((one, other) => (other.id > one.id ? other : one), {
    id: row.github_id,
    completed: true,
  });
  const ofRun = checks.find(({ id }) => id === newest.id)?.externalId ?? null;
  for (const { id, externalId, completed } of checks) {
    // Of the same run the newest alone has the plan and its buttons, also where both have ended.
    const repeats = externalId !== null && externalId === ofRun;
    if (id === newest.id || (completed && !repeats)) continue;
    const title = repeats ? repeatedWords : followedWords;
    await updateCheck(deps.github, refOf(repository), {
      ...{ id, name, headSha, ...(externalId ? { externalId } : {}) },
      ...{ status: 'completed', conclusion: 'neutral', title, summary: `${title}.` },
      ...{ actions: [], annotations: [] },
    });
  }
  // An older update that came late has opened it again.
  const reopened = checks.some(({ id, completed }) => id === row.github_id && row.completed && !completed);
  if (newest.id === row.github_id && !reopened) return;
  await deps.db
    .updateTable('posted_checks')
    .set({ github_id: newest.id, body_sha256: null, completed: newest.completed && !reopened })
    .where('repository_id', '=', repository.id)
    .where('head_sha', '=', headSha)
    .where('name', '=', name)
    .execute();
  await requestReports(deps, repository, { headSha, runId: row.run_id });
}

async function requestReports(
  deps: ReportDeps,
  repository: Repository,
  { headSha, runId }: { headSha: string; runId: string | null },
): Promise<void> {
  const run = runId === null ? undefined : await findRun(deps.db, runId);
  if (run) await requestReport(deps.db, run);
  for (const number of await listPullRequestsOf(deps.db, repository.id, headSha)) {
    await requestPullRequestReport(deps.db, { repositoryId: repository.id, number });
  }
}
