/** The smallest bodies that fit their events. */

const installation = { id: 5 };
const repository = { id: 7, name: 'infra', full_name: 'acme/infra' };
const sender = { login: 'kim', type: 'User' };
const everywhere = { installation, repository, sender };

export const pushBody = {
  ...everywhere,
  ref: 'refs/heads/main',
  before: 'a'.repeat(40),
  after: 'b'.repeat(40),
  deleted: false,
};

export const pullBody = {
  ...everywhere,
  action: 'synchronize',
  pull_request: { number: 42, head: { sha: 'b'.repeat(40) }, updated_at: '2026-03-01T10:00:00Z' },
  before: 'a'.repeat(40),
};

export const commentBody = {
  ...everywhere,
  action: 'created',
  comment: { id: 99, body: '/help', created_at: '2026-03-01T10:00:00Z', user: sender },
  issue: { number: 42, pull_request: {} },
};

export const mergeGroupBody = {
  ...everywhere,
  action: 'checks_requested',
  merge_group: { head_sha: 'b'.repeat(40), head_ref: 'refs/heads/gh-readonly-queue/main/pr-42-abc' },
};

export const buttonBody = {
  ...everywhere,
  action: 'requested_action',
  check_run: { id: 3, head_sha: 'b'.repeat(40) },
  requested_action: { identifier: 'cancel' },
};

const suiteBody = { ...everywhere, action: 'rerequested', check_suite: { id: 4, head_sha: 'b'.repeat(40) } };

const installationBody = { installation, sender, action: 'suspend', repositories: [] };

const repositoriesBody = {
  ...{ installation, sender, action: 'removed' },
  ...{ repositories_added: [], repositories_removed: [{ id: 7 }] },
};

/** One of each event, with the action that would do the most harm under another name. */
export const harmful = {
  pull_request: { ...pullBody, action: 'deleted' },
  push: pushBody,
  issue_comment: { ...commentBody, action: 'deleted' },
  check_run: { ...buttonBody, action: 'deleted' },
  check_suite: { ...suiteBody, action: 'deleted' },
  merge_group: { ...mergeGroupBody, action: 'deleted' },
  installation: installationBody,
  installation_repositories: { ...repositoriesBody, action: 'deleted' },
};
