import { addJob } from '../db/jobs.ts';
import { oneAtATime } from '../db/one-at-a-time.ts';
import { markPlansShown } from '../db/plans.ts';
import { findPullRequest, listOpenWithHead, noteReported, sinceReportedMs } from '../db/pull-requests.ts';
import type { Run } from '../db/runs.ts';
import { isFinal } from '../run/transition.ts';
import { renderCommitCheck, stacksToSpeakFor } from './commit-check.ts';
import type { ReportDeps } from './deps.ts';
import { endCommand } from './end-command.ts';
import { endOlderChecks } from './end-older-checks.ts';
import type { CheckReport, PullRequestFacts } from './facts.ts';
import { type LoadedPullRequest, loadPullRequestFacts } from './load-facts.ts';
import { isResting, manyStacks, newsEveryMs } from './pace.ts';
import { postChecks } from './post-check.ts';
import { postComment } from './post-comment.ts';
import { renderStackCheck } from './render-check.ts';
import { renderComment, showsPrevious } from './render-comment.ts';

interface Reported {
  repositoryId: number;
  number: number;
}

/**
 * Brings a pull request's checks and its comment to what is true now. One at a time also of those with the same head:
 * each posts the check that speaks for all of them, and the one that has read older facts would post last.
 */
export async function reportPullRequest(deps: ReportDeps, pull: Reported): Promise<void> {
  const { repositoryId, number } = pull;
  const head = (await findPullRequest(deps.db, repositoryId, number))?.head_sha;
  if (head === undefined) return;
  const about = [`report:pull:${repositoryId}:${number}`, `report:head:${repositoryId}:${head}`];
  const told = await oneAtATime(deps.db, about, () => report(deps, { ...pull, head }));
  if (!told) await reportPullRequest(deps, pull);
}

/** False where it has another head by now than the one that others wait for. */
async function report(deps: ReportDeps, { head, ...pull }: Reported & { head: string }): Promise<boolean> {
  const loaded = await loadPullRequestFacts(deps, pull);
  if (!loaded) return true;
  if (loaded.row.head_sha !== head) return false;
  const shownRuns = loaded.planRuns.filter((run) => loaded.facts.stacks.some((stack) => stack.run?.id === run.id));
  const newsInMs = await whenNewsAreDue(deps, loaded);
  const all = [
    endOlderChecks(deps, loaded),
    ...(loaded.facts.ended === 'closed' ? [] : [reportChecks(deps, loaded, newsInMs)]),
    reportComment(deps, loaded, { shownRuns, newsInMs }),
  ];
  // What GitHub does not take of one, such as a check on a commit that is gone, keeps nothing of the others back.
  const sent = await Promise.allSettled(all);
  for (const run of loaded.planRuns) if (isFinal(run.status)) await endCommand(deps, run);
  for (const result of sent) if (result.status === 'rejected') throw result.reason;
  return true;
}

/** Until when how far it is has to wait; what it ends with never waits. */
async function whenNewsAreDue(deps: ReportDeps, { facts, row }: LoadedPullRequest): Promise<number> {
  if (isAtRest(facts)) return 0;
  return Math.max(0, newsEveryMs(facts.stacks.length) - (await sinceReportedMs(deps.db, row)));
}

async function tellLater(deps: ReportDeps, { repository, row }: LoadedPullRequest, afterMs: number): Promise<void> {
  const again = { repositoryId: repository.id, number: row.number };
  const key = `report:comment:${repository.id}:${row.number}`;
  await addJob(deps.db, 'report_pull_request', again, { key, afterMs, keepTime: true });
}

async function reportChecks(deps: ReportDeps, own: LoadedPullRequest, newsInMs: number): Promise<void> {
  const { facts, repository } = own;
  const headSha = own.row.head_sha;
  const open = await loadOpenWithHead(deps, own);
  const few = facts.stacks.length < manyStacks;
  const ofStacks = stacksToSpeakFor(facts, open).flatMap((stack) => {
    const report = renderStackCheck(stack, facts);
    const shown = stack.applied ?? stack.run;
    if (!stack.run || !shown || !(few || report.status === 'completed')) return [];
    return { headSha, runId: shown.id, detailsUrl: shown.url, report: withNotice(report, shown.notice) };
  });
  // Of those that have ended, each speaks for itself.
  const aggregate = renderCommitCheck(open.length > 0 ? open : [facts]);
  const checks = [...ofStacks, { headSha, runId: null, ...aggregate }];
  const told = await postChecks(deps, repository, checks, { news: few || newsInMs === 0 });
  if (told.later) await tellLater(deps, own, newsInMs);
  if (told.news && !few) await noteReported(deps.db, own.row);
}

/** The open pull requests with the head of this one, itself among them. */
async function loadOpenWithHead(deps: ReportDeps, { facts, row }: LoadedPullRequest): Promise<PullRequestFacts[]> {
  const open: PullRequestFacts[] = [];
  for (const number of await listOpenWithHead(deps.db, row.repository_id, row.head_sha)) {
    const pull = { repositoryId: row.repository_id, number };
    const found = number === row.number ? facts : (await loadPullRequestFacts(deps, pull))?.facts;
    // It may have moved on since it was listed.
    if (found?.headSha === row.head_sha) open.push(found);
  }
  return open;
}

/** A button that was refused is answered where it was pressed. */
export function withNotice(report: CheckReport, notice: string | null): CheckReport {
  return notice === null
    ? report
    : { ...report, summary: `> [!WARNING]\n> ${notice.replaceAll('\n', '\n> ')}\n\n${report.summary}` };
}

/** Made when the first result is there, since its first text is what the e-mail carries; edited from then on. */
async function reportComment(
  deps: ReportDeps,
  loaded: LoadedPullRequest,
  { shownRuns, newsInMs }: { shownRuns: Run[]; newsInMs: number },
): Promise<void> {
  const { facts, repository, row } = loaded;
  const exists = await findSticky(deps, repository.id, row.number);
  if (!exists && facts.ended === 'closed') return;
  const hasResult = facts.stacks.some((stack) => stack.run?.plan || stack.run?.failure);
  // That a stack leaves is to be read before the merge, also where nothing is planned.
  const onlyNotes = facts.stacks.length === 0 && facts.notes.length > 0;
  if (!exists && !hasResult && !onlyNotes && !(facts.configError && !facts.fork)) return;
  if (exists && newsInMs > 0) return tellLater(deps, loaded, newsInMs);
  const body = renderComment(facts);
  const posted = await postComment(deps, repository, {
    number: row.number,
    marker: 'sticky',
    startsWith: `<!-- zenfra:v1 pr=${row.number} sha=`,
    body,
    urgency: isAtRest(facts) ? 'report' : 'courtesy',
  });
  if (!posted) return;
  if (posted.sent) await noteReported(deps.db, row);
  // Also where nothing was sent: the process may have been killed between the two. The text links each run it shows.
  if (showsPrevious(facts)) return;
  const planned = shownRuns.filter((run) => facts.stacks.some((stack) => stack.run?.id === run.id && stack.run.plan));
  await markPlansShown(
    deps.db,
    planned.map((run) => run.id),
    posted.updatedAt,
  );
}

function isAtRest({ stacks }: PullRequestFacts): boolean {
  return stacks.every(({ run, applied }) => run !== null && isResting(run) && (applied === null || isResting(applied)));
}

async function findSticky(deps: ReportDeps, repositoryId: number, number: number): Promise<boolean> {
  const row = await deps.db
    .selectFrom('posted_comments')
    .select('marker')
    .where('repository_id', '=', repositoryId)
    .where('pull_request_number', '=', number)
    .where('marker', '=', 'sticky')
    .executeTakeFirst();
  return row !== undefined;
}
