import { notify } from '../payloads/notify.ts';
import { checkRunShape, checkSuiteShape } from '../shapes/check.ts';
import { type Account, type CheckConclusion, type CheckRun, type Repository, timestamp } from '../store.ts';
import type { World } from '../world.ts';
import { suiteOf } from './push.ts';

/** Presses one of the buttons that the App has put on a check run. */
export function pressButton(
  world: World,
  repository: Repository,
  { check, identifier, by }: { check: CheckRun; identifier: string; by: Account },
): void {
  if (!check.actions.some((action) => action.identifier === identifier)) {
    const has = check.actions.map((action) => action.identifier).join(', ') || 'none';
    throw new Error(`Check ${check.name} has no button ${JSON.stringify(identifier)}; it has: ${has}`);
  }
  const payload = {
    action: 'requested_action',
    check_run: checkRunOf(world, repository, check),
    requested_action: { identifier },
  };
  notify(world, repository, { event: 'check_run', sender: by, payload });
}

/** "Re-run" of one check. */
export function rerequestCheck(
  world: World,
  repository: Repository,
  { check, by }: { check: CheckRun; by: Account },
): void {
  const payload = { action: 'rerequested', check_run: checkRunOf(world, repository, check) };
  notify(world, repository, { event: 'check_run', sender: by, payload });
}

/** "Re-run all checks" of a commit. */
export async function rerequestSuite(world: World, repository: Repository, { sha, by }: { sha: string; by: Account }) {
  const suite = suiteOf(world, repository, sha);
  const payload = { action: 'rerequested', check_suite: await checkSuiteShape(world, repository, suite) };
  notify(world, repository, { event: 'check_suite', sender: by, payload });
}

/** A check run that must be there. */
export function getCheck(repository: Repository, id: number): CheckRun {
  const check = repository.checkRuns.get(id);
  if (!check) throw new Error(`${repository.owner.login}/${repository.name} has no check run ${id}`);
  return check;
}

function checkRunOf(world: World, repository: Repository, check: CheckRun): Record<string, unknown> {
  const shape = checkRunShape(world, repository, check);
  const suite = suiteOf(world, repository, check.headSha);
  const { headBranch, headSha, before } = suite;
  return {
    ...shape,
    check_suite: { id: suite.id, head_branch: headBranch, head_sha: headSha, before, after: headSha },
  };
}

/** A check run that was just made. */
export function newCheck(world: World, repository: Repository, { name, sha }: { name: string; sha: string }): CheckRun {
  return {
    ...{ id: world.store.nextId(), name, headSha: sha, suiteId: suiteOf(world, repository, sha).id },
    ...{
      status: 'queued',
      conclusion: null,
      externalId: null,
      detailsUrl: null,
      startedAt: timestamp(),
      completedAt: null,
    },
    ...{ output: { title: null, summary: null, text: null }, annotations: [], actions: [] },
  };
}

/** What another App says of a commit. */
export function reportForeignCheck(
  world: World,
  repository: Repository,
  { sha, name, conclusion }: { sha: string; name: string; conclusion: CheckConclusion | null },
): void {
  const known = [...repository.checkRuns.values()].find(
    (check) => check.foreign && check.headSha === sha && check.name === name,
  );
  const check = known ?? { ...newCheck(world, repository, { name, sha }), foreign: true };
  check.status = conclusion === null ? 'in_progress' : 'completed';
  check.conclusion = conclusion;
  check.completedAt = conclusion === null ? null : timestamp();
  repository.checkRuns.set(check.id, check);
}
