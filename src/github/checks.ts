import type { Urgency } from './budget.ts';
import { type GitHub, once, orUndefined, type RepositoryRef } from './github.ts';

/** A check run in GitHub's words; limits are the caller's to keep (50 annotations, 3 actions, 65,535 bytes). */
export interface CheckToSend {
  name: string;
  headSha: string;
  externalId?: string;
  detailsUrl?: string;
  status: 'queued' | 'in_progress' | 'completed';
  conclusion?: 'success' | 'failure' | 'neutral' | 'cancelled' | 'timed_out' | 'action_required' | 'skipped';
  title: string;
  summary: string;
  text?: string;
  actions: { label: string; description: string; identifier: string }[];
  annotations: {
    path: string;
    startLine: number;
    endLine: number;
    level: 'failure' | 'warning' | 'notice';
    title: string;
    message: string;
  }[];
}

export async function createCheck(
  github: GitHub,
  repository: RepositoryRef,
  check: CheckToSend,
  urgency: Urgency = 'report',
): Promise<number> {
  const { data } = await github.write(
    repository,
    (octokit, at) =>
      octokit.rest.checks.create({
        ...at,
        head_sha: check.headSha,
        name: check.name,
        ...parameters(check),
        request: once,
      }),
    urgency,
  );
  return data.id;
}

/** False when GitHub does not know the check any more. Tried once: whoever asks has to know of a try that may yet have its effect. */
export async function updateCheck(
  github: GitHub,
  repository: RepositoryRef,
  check: CheckToSend & { id: number },
  urgency: Urgency = 'report',
): Promise<boolean> {
  const updated = await orUndefined(
    github.write(
      repository,
      (octokit, at) =>
        octokit.rest.checks.update({
          ...{ ...at, check_run_id: check.id, name: check.name, ...parameters(check) },
          request: once,
        }),
      urgency,
    ),
  );
  return updated !== undefined;
}

/** A check run as GitHub has it. */
export interface OwnCheck {
  id: number;
  externalId: string | null;
  completed: boolean;
}

interface WantedCheck {
  headSha: string;
  name: string;
  appId: number;
}

/** The newest check run of ours with this name on a commit: the one whose reply was lost, perhaps. */
export async function findOwnCheck(
  github: GitHub,
  repository: RepositoryRef,
  wanted: WantedCheck,
): Promise<OwnCheck | undefined> {
  return (await list(github, repository, { ...wanted, filter: 'latest' }))[0];
}

/** All of ours with this name on a commit, of which GitHub shows the newest. */
export async function listOwnChecks(
  github: GitHub,
  repository: RepositoryRef,
  wanted: WantedCheck,
): Promise<OwnCheck[]> {
  return list(github, repository, { ...wanted, filter: 'all' });
}

async function list(
  github: GitHub,
  repository: RepositoryRef,
  { headSha, name, appId, filter }: WantedCheck & { filter: 'latest' | 'all' },
): Promise<OwnCheck[]> {
  const which = { ref: headSha, check_name: name, app_id: appId, filter, per_page: 100 };
  const { data } = await github.read(repository, (octokit, at) => octokit.rest.checks.listForRef({ ...at, ...which }));
  return data.check_runs.map((own) => ({
    id: own.id,
    externalId: own.external_id,
    completed: own.status === 'completed',
  }));
}

function parameters(check: CheckToSend) {
  return {
    ...(check.externalId === undefined ? {} : { external_id: check.externalId }),
    ...(check.detailsUrl === undefined ? {} : { details_url: check.detailsUrl }),
    status: check.status,
    ...(check.conclusion === undefined ? {} : { conclusion: check.conclusion }),
    output: {
      title: check.title,
      summary: check.summary,
      ...(check.text === undefined ? {} : { text: check.text }),
      annotations: check.annotations.map((annotation) => ({
        path: annotation.path,
        start_line: annotation.startLine,
        end_line: annotation.endLine,
        annotation_level: annotation.level === 'failure' ? ('failure' as const) : annotation.level,
        title: annotation.title,
        message: annotation.message,
      })),
    },
    actions: check.actions,
  };
}
