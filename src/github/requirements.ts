import { type GitHub, orUndefined, type RepositoryRef } from './github.ts';
import { readPermission } from './people.ts';

export interface RequirementsAsked {
  requirements: readonly ('approved' | 'undiverged' | 'checks_passed')[];
  pull: { number: number; author: string; headSha: string; baseRef: string };
  /** Our own: its checks are not those of others. */
  appId: number;
}

/** What requirements look at, asked of GitHub at this moment; null where it was not asked for. */
export async function readRequirements(github: GitHub, repository: RepositoryRef, asked: RequirementsAsked) {
  const { requirements } = asked;
  if (requirements.length === 0) return null;
  const [approvedBy, behindBy, checks] = await Promise.all([
    requirements.includes('approved') ? listApprovers(github, repository, asked) : null,
    requirements.includes('undiverged') ? countBehind(github, repository, asked) : null,
    requirements.includes('checks_passed') ? listOtherChecks(github, repository, asked) : null,
  ]);
  return { approvedBy, behindBy, checks };
}

/** What somebody said last counts; a mere comment takes nothing back. */
const decisive = ['APPROVED', 'CHANGES_REQUESTED', 'DISMISSED'];
/** Each is asked for their permission. */
const mostAsked = 20;

async function listApprovers(
  github: GitHub,
  repository: RepositoryRef,
  { pull }: RequirementsAsked,
): Promise<string[]> {
  const reviews = await github.read(repository, (octokit, at) =>
    octokit.paginate(octokit.rest.pulls.listReviews, { ...at, pull_number: pull.number, per_page: 100 }),
  );
  // Oldest first, as GitHub lists them.
  const last = new Map<string, (typeof reviews)[number]>();
  for (const review of reviews) if (review.user && decisive.includes(review.state)) last.set(review.user.login, review);
  const approving = [...last]
    .filter(([login, { state, commit_id }]) => {
      const own = login.toLowerCase() === pull.author.toLowerCase();
      return state === 'APPROVED' && commit_id === pull.headSha && !own;
    })
    .map(([login]) => login)
    .slice(0, mostAsked);
  const permissions = await Promise.all(approving.map((login) => readPermission(github, repository, login)));
  return approving.filter((_, index) => ['write', 'maintain', 'admin'].includes(permissions[index] ?? ''));
}

/** Null where one of the two is gone. */
async function countBehind(
  github: GitHub,
  repository: RepositoryRef,
  { pull }: RequirementsAsked,
): Promise<number | null> {
  const basehead = `${pull.baseRef}...${pull.headSha}`;
  const found = await orUndefined(
    github.read(repository, (octokit, at) =>
      octokit.rest.repos.compareCommitsWithBasehead({ ...at, basehead, per_page: 1 }),
    ),
  );
  return found?.data.behind_by ?? null;
}

/** The check runs of other Apps, the newest of each name. The statuses of the older API are not among them. */
async function listOtherChecks(
  github: GitHub,
  repository: RepositoryRef,
  { pull, appId }: RequirementsAsked,
): Promise<{ failed: string[]; pending: string[] }> {
  const runs = await github.read(repository, (octokit, at) =>
    octokit.paginate(octokit.rest.checks.listForRef, { ...at, ref: pull.headSha, filter: 'latest', per_page: 100 }),
  );
  const others = runs.filter((run) => run.app?.id !== appId);
  const pending = others.filter((run) => run.status !== 'completed');
  const passed = ['success', 'neutral', 'skipped'];
  const failed = others.filter((run) => run.status === 'completed' && !passed.includes(run.conclusion ?? ''));
  return { failed: failed.map(({ name }) => name), pending: pending.map(({ name }) => name) };
}
