import { findActedHead, noticeHead } from '../../db/branch-heads.ts';
import { listOpenPullRequestRows, listPullRequestRows, noticePullRequest, setActedOn } from '../../db/pull-requests.ts';
import { noteLookedAt, type Repository } from '../../db/repositories.ts';
import { listStacks } from '../../db/stacks.ts';
import { findBranchHead } from '../../github/contents.ts';
import { refOf } from '../../github/github.ts';
import { type ListedPullRequest, listOpenPullRequests } from '../../github/pull-requests.ts';
import { actedOnNow, isActedOn } from '../acted-on.ts';
import type { TriggerDeps } from '../deps.ts';
import { planPullRequest, seenAs } from '../pull-request.ts';
import { runPush } from '../push.ts';
import { isMerged } from '../stack-row.ts';

/** Pull requests that are planned in one look. More of them are found by the next. */
const mostPlanned = 20;

/**
 * Compares a repository's open pull requests and tracked branches with what was acted on, and acts on what is not. On
 * the first look what is not known counts as acted on if it is older than our being there: nobody has asked for it.
 */
export async function catchUpRepository(deps: TriggerDeps, repository: Repository): Promise<void> {
  await noteLookedAt(deps.db, repository.id);
  const { open, complete } = await listOpenPullRequests(deps.github, refOf(repository));
  if (repository.looked_at === null) await noticeOld(deps, repository, open);
  const missed = [
    ...(await missedChanges(deps, repository, open)),
    ...(complete ? await missedEnds(deps, repository, open) : []),
  ];
  for (const { number, author } of missed.slice(0, mostPlanned)) {
    const cause = { trigger: 'pull_request', triggeredBy: author, foundBySweep: true } as const;
    const { outcome } = await planPullRequest(deps, repository, { ...cause, number });
    deps.log.info({ repository: repository.name, number, outcome }, 'a change of a pull request was found');
  }
  await catchUpBranches(deps, repository);
}

async function noticeOld(deps: TriggerDeps, repository: Repository, open: ListedPullRequest[]): Promise<void> {
  const known = new Set((await listPullRequestRows(deps.db, repository.id)).map((row) => row.number));
  const isOld = ({ number, updatedAt }: ListedPullRequest) => !known.has(number) && updatedAt <= repository.known_since;
  for (const pull of open.filter(isOld)) {
    await noticePullRequest(deps.db, seenAs(repository, pull));
    const actedOn = actedOnNow(pull, false);
    await setActedOn(deps.db, { repositoryId: repository.id, number: pull.number, actedOn });
  }
}

interface Missed {
  number: number;
  author: string;
}

async function missedChanges(deps: TriggerDeps, repository: Repository, open: ListedPullRequest[]): Promise<Missed[]> {
  const rows = new Map((await listPullRequestRows(deps.db, repository.id)).map((row) => [row.number, row]));
  return open.filter((pull) => !isActedOn(rows.get(pull.number)?.acted_on ?? null, pull));
}

/** Those that are open as far as we know, and not on GitHub's list. */
async function missedEnds(deps: TriggerDeps, repository: Repository, open: ListedPullRequest[]): Promise<Missed[]> {
  const numbers = new Set(open.map(({ number }) => number));
  const rows = await listOpenPullRequestRows(deps.db, repository.id);
  return rows.filter(({ number }) => !numbers.has(number));
}

async function catchUpBranches(deps: TriggerDeps, repository: Repository): Promise<void> {
  const stacks = await listStacks(deps.db, repository.id);
  const tracked = stacks.filter(isMerged).map((stack) => stack.branch);
  for (const branch of new Set([repository.default_branch, ...tracked])) {
    const head = await findBranchHead(deps.github, refOf(repository), branch);
    if (!head) continue;
    const acted = await findActedHead(deps.db, repository.id, branch);
    if (acted?.sha === head.sha) continue;
    if (!acted) {
      await noticeHead(deps.db, { repositoryId: repository.id, branch, sha: head.sha });
      continue;
    }
    const pusher = head.author ?? 'ghost';
    const push = { branch, before: acted.sha, after: head.sha, pusher, receivedAt: null };
    const { outcome } = await runPush(deps, repository, push);
    deps.log.info({ repository: repository.name, branch, outcome }, 'a push was found');
  }
}
