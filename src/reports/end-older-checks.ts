import { listOpenWithHead } from '../db/pull-requests.ts';
import { listPlanRuns, type Run } from '../db/runs.ts';
import { isFinal } from '../run/transition.ts';
import type { ReportDeps } from './deps.ts';
import type { CheckReport } from './facts.ts';
import type { LoadedPullRequest } from './load-facts.ts';
import { loadRunFacts } from './load-run-facts.ts';
import { postCheck } from './post-check.ts';
import { renderStackCheck } from './render-check.ts';
import { closedUnplannedWords, supersededBy } from './words/notes.ts';

/**
 * Ends the checks of commits that a pull request has left behind, and all of them once it is closed: nobody else would,
 * and they would be shown as running for ever.
 */
export async function endOlderChecks(deps: ReportDeps, loaded: LoadedPullRequest): Promise<void> {
  const { row } = loaded;
  const open = await listOpenChecks(deps, loaded);
  const left = open.filter(({ head_sha }) => row.state === 'closed' || head_sha !== row.head_sha);
  for (const commit of new Set(left.map(({ head_sha }) => head_sha))) {
    const runs = await listPlanRuns(deps.db, { repositoryId: row.repository_id, number: row.number, commit });
    const names = new Set(left.filter(({ head_sha }) => head_sha === commit).map(({ name }) => name));
    await endChecks(deps, loaded, { commit, runs, names });
  }
}

/** Those of this pull request's plans, on whatever commit. Another one may have the same head: what speaks for its runs is its. */
async function listOpenChecks(deps: ReportDeps, { row }: LoadedPullRequest) {
  return deps.db
    .selectFrom('posted_checks')
    .leftJoin('runs as spoken_for', 'spoken_for.id', 'posted_checks.run_id')
    .select(['head_sha', 'name'])
    .where('posted_checks.repository_id', '=', row.repository_id)
    .where('completed', '=', false)
    .where((eb) =>
      eb.or([eb('posted_checks.run_id', 'is', null), eb('spoken_for.pull_request_number', '=', row.number)]),
    )
    .where('head_sha', 'in', (eb) =>
      eb
        .selectFrom('runs')
        .select('commit_sha')
        .where('repository_id', '=', row.repository_id)
        .where('pull_request_number', '=', row.number)
        .where('type', '=', 'plan_only'),
    )
    .execute();
}

async function endChecks(
  deps: ReportDeps,
  loaded: LoadedPullRequest,
  left: { commit: string; runs: Run[]; names: Set<string> },
): Promise<void> {
  const { facts, repository, row } = loaded;
  const { commit, runs, names } = left;
  const [ended, stacks] = [runs.filter((run) => isFinal(run.status)), await namesOf(deps, runs)];
  const runFacts = await loadRunFacts(deps, ended);
  for (const run of ended) {
    const [shown, stack] = [runFacts.get(run.id), stacks.get(run.stack_id)];
    if (!shown || !stack) continue;
    const report = renderStackCheck({ ...stack, run: shown, applied: null, heldBy: null }, facts);
    if (!names.has(report.name)) continue;
    await postCheck(deps, repository, { headSha: commit, runId: run.id, detailsUrl: shown.url, report });
  }
  if (!names.has('zenfra') || ended.length < runs.length) return;
  // It goes on for those that still have this head, whose reports were asked for when this one left it.
  if ((await listOpenWithHead(deps.db, repository.id, commit)).length > 0) return;
  const title = row.state === 'closed' ? 'Pull request closed' : supersededBy(row.head_sha);
  const report: CheckReport = {
    name: 'zenfra',
    status: 'completed',
    conclusion: 'neutral',
    title,
    summary: row.state === 'closed' ? closedUnplannedWords : `${title}, the head of this pull request now.`,
    actions: [],
    annotations: [],
  };
  await postCheck(deps, repository, { headSha: commit, runId: null, detailsUrl: facts.runsUrl, report });
}

async function namesOf(deps: ReportDeps, runs: Run[]): Promise<Map<string, { name: string; path: string }>> {
  if (runs.length === 0) return new Map();
  const ids = runs.map((run) => run.stack_id);
  const rows = await deps.db.selectFrom('stacks').select(['id', 'name', 'path']).where('id', 'in', ids).execute();
  return new Map(rows.map(({ id, name, path }) => [id, { name, path }]));
}
