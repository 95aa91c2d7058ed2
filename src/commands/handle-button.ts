import { setCommandOutcome, takeCommand } from '../db/commands.ts';
import { findPullRequest, noticePullRequest } from '../db/pull-requests.ts';
import type { Repository } from '../db/repositories.ts';
import { requestReport } from '../db/request-report.ts';
import { findRun, listPlanRuns, type Run } from '../db/runs.ts';
import { getStack } from '../db/stacks.ts';
import { refOf } from '../github/github.ts';
import { readPermission } from '../github/people.ts';
import { findPullRequestNow } from '../github/pull-requests.ts';
import { advance } from '../queue/advance.ts';
import { noPermission } from '../reports/words/replies.ts';
import { hasPermission, neededToApprove, type Permission } from '../run/checks.ts';
import { rerun } from '../triggers/page.ts';
import { seenAs } from '../triggers/pull-request.ts';
import { approveRun } from './approve-run.ts';
import type { CommandDeps } from './command.ts';
import { commands } from './index.ts';

export interface ButtonPressed {
  /** The check run's `external_id`: our run's id. */
  runId: string;
  /** `approve`, `discard`, `cancel`, `apply_plan`, `plan_again`. */
  identifier: string;
  author: string;
  deliveryId: string;
}

const isUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Obeys a button of a check run. A refusal is shown in the check's summary: a button has nowhere else to answer. */
export async function handleButton(deps: CommandDeps, repository: Repository, pressed: ButtonPressed): Promise<string> {
  const run = isUuid.test(pressed.runId) ? await findRun(deps.db, pressed.runId) : undefined;
  if (!run || run.repository_id !== repository.id) return `no run ${pressed.runId.slice(0, 40)} in this repository`;
  const id = `button:${pressed.deliveryId}`;
  const verb = pressed.identifier;
  const command = await takeCommand(deps.db, {
    id,
    repository_id: repository.id,
    pull_request_number: run.pull_request_number,
    comment_id: null,
    verb,
    author: pressed.author,
  });
  if (command.outcome !== null) return 'this press was handled before';
  const permission = await readPermission(deps.github, refOf(repository), pressed.author);
  const needed = neededFor(verb, run);
  const refusal = hasPermission(permission, needed)
    ? await press(deps, { id, repository, run, pressed, permission })
    : noPermission({
        verb: verb.replace('apply_plan', 'approve').replace('plan_again', 'plan'),
        login: pressed.author,
        needed,
        has: permission,
      });
  await setCommandOutcome(deps.db, id, refusal === null ? 'done' : 'refused');
  if (refusal !== null) {
    const { id: shown } = await shownFor(deps, run);
    await deps.db.updateTable('runs').set({ notice: refusal }).where('id', '=', shown).execute();
    await requestReport(deps.db, run);
  }
  return `${verb}: ${refusal ?? 'done'}`;
}

/** The run whose check stands in the place of this one's: a page that was open for long still has the older check. */
async function shownFor(deps: CommandDeps, run: Run): Promise<Run> {
  const { repository_id: repositoryId, pull_request_number: number, commit_sha: commit } = run;
  if (run.type !== 'plan_only' || number === null) return run;
  const newest = await listPlanRuns(deps.db, { repositoryId, number, commit });
  return newest.find((one) => one.stack_id === run.stack_id) ?? run;
}

/** What brings a destruction about is for admins; what ends one is not. */
function neededFor(verb: string, run: Run): Permission {
  return verb === 'approve' || verb === 'plan_again' ? neededToApprove(run.type) : 'write';
}

interface Press {
  id: string;
  repository: Repository;
  run: Run;
  pressed: ButtonPressed;
  permission: Permission;
}

/** Null when it was done, else why not. */
async function press(deps: CommandDeps, about: Press): Promise<string | null> {
  const { run, pressed } = about;
  const by = `@${pressed.author}`;
  switch (pressed.identifier) {
    case 'approve':
      return approveRun(deps, run, { login: pressed.author, permission: about.permission });
    case 'discard':
      return whyNot(await advance(deps.db, { runId: run.id, event: { type: 'discarded', by }, actor: pressed.author }));
    case 'cancel':
      return whyNot(
        await advance(deps.db, { runId: run.id, event: { type: 'cancel_requested', by }, actor: pressed.author }),
      );
    case 'apply_plan':
      return onPullRequest(deps, about, 'approve');
    case 'plan_again':
      return run.pull_request_number !== null && (run.type === 'plan_only' || run.adopted_plan_id !== null)
        ? onPullRequest(deps, about, 'plan')
        : whyNot(await rerun(deps, { runId: run.id, user: pressed.author }));
    default:
      return `There is no button ${pressed.identifier.slice(0, 40)} here.`;
  }
}

function whyNot(result: { ok: true } | { ok: false; why: string }): string | null {
  return result.ok ? null : result.why;
}

/**
 * The button does what the comment `/approve <stack> <commit>` would, or `/plan`: so no other head's plan is applied,
 * and no other commit of a fork planned. Of several plans of the commit it means the one that its check shows.
 */
async function onPullRequest(deps: CommandDeps, about: Press, verb: 'approve' | 'plan'): Promise<string | null> {
  const { repository, run, pressed } = about;
  const pull = await findPullRequestNow(deps.github, refOf(repository), run.pull_request_number ?? 0);
  if (!pull) return `Pull request #${run.pull_request_number} is gone.`;
  await noticePullRequest(deps.db, seenAs(repository, pull));
  const row = await findPullRequest(deps.db, repository.id, pull.number);
  if (!row) throw new Error(`Pull request #${pull.number} was recorded and is gone`);
  const result = await commands[verb].run(deps, {
    id: about.id,
    repository,
    pull,
    row,
    author: pressed.author,
    permission: about.permission,
    stacks: [await getStack(deps.db, run.stack_id)],
    named: true,
    commit: run.commit_sha,
    pressedOn: run.id,
    writtenAt: null,
    receivedAt: null,
  });
  return result.outcome === 'refused' ? result.reply : null;
}
