import type { components } from '@octokit/openapi-types';
import type { Repository } from '../store.ts';
import type { World } from '../world.ts';
import { nodeId } from './node-id.ts';
import { simpleUser } from './user.ts';

type FullRepository = components['schemas']['full-repository'];

/** `owner/name`. */
export function fullName(repository: Repository): string {
  return `${repository.owner.login}/${repository.name}`;
}

/** The repository's address in the API. */
export function repositoryUrl(world: World, repository: Repository): string {
  return `${world.apiUrl}/repos/${fullName(repository)}`;
}

/** The repository's page. */
export function repositoryPage(world: World, repository: Repository): string {
  return `${world.url}/${fullName(repository)}`;
}

/** A repository as GitHub answers for one, and as it stands in webhooks. */
export function fullRepository(world: World, repository: Repository): FullRepository {
  const open = [...repository.pulls.values()].filter((pull) => pull.state === 'open').length;
  return {
    id: repository.id,
    node_id: nodeId('Repository', repository.id),
    name: repository.name,
    full_name: fullName(repository),
    owner: simpleUser(world, repository.owner),
    private: repository.private,
    visibility: repository.private ? 'private' : 'public',
    fork: repository.forkOf !== undefined,
    ...links(world, repository),
    ...{ description: null, homepage: null, language: 'HCL', mirror_url: null, license: null },
    ...{ forks_count: 0, stargazers_count: 0, watchers_count: 0, size: 1, subscribers_count: 0, network_count: 0 },
    ...{ forks: 0, watchers: 0, open_issues: open, open_issues_count: open },
    default_branch: repository.defaultBranch,
    ...{ has_issues: true, has_projects: false, has_wiki: false, has_pages: false, has_discussions: false },
    ...{ has_downloads: false, archived: false, disabled: false },
    pushed_at: repository.pushedAt,
    created_at: repository.createdAt,
    updated_at: repository.pushedAt,
  };
}

type Links = Pick<FullRepository, Extract<keyof FullRepository, `${string}url`>>;

function links(world: World, repository: Repository): Links {
  const url = repositoryUrl(world, repository);
  const page = repositoryPage(world, repository);
  const host = new URL(world.url || 'http://127.0.0.1').host;
  return {
    url,
    html_url: page,
    archive_url: `${url}/{archive_format}{/ref}`,
    assignees_url: `${url}/assignees{/user}`,
    blobs_url: `${url}/git/blobs{/sha}`,
    branches_url: `${url}/branches{/branch}`,
    collaborators_url: `${url}/collaborators{/collaborator}`,
    comments_url: `${url}/comments{/number}`,
    commits_url: `${url}/commits{/sha}`,
    compare_url: `${url}/compare/{base}...{head}`,
    contents_url: `${url}/contents/{+path}`,
    contributors_url: `${url}/contributors`,
    deployments_url: `${url}/deployments`,
    downloads_url: `${url}/downloads`,
    events_url: `${url}/events`,
    forks_url: `${url}/forks`,
    git_commits_url: `${url}/git/commits{/sha}`,
    git_refs_url: `${url}/git/refs{/sha}`,
    git_tags_url: `${url}/git/tags{/sha}`,
    hooks_url: `${url}/hooks`,
    issue_comment_url: `${url}/issues/comments{/number}`,
    issue_events_url: `${url}/issues/events{/number}`,
    issues_url: `${url}/issues{/number}`,
    keys_url: `${url}/keys{/key_id}`,
    labels_url: `${url}/labels{/name}`,
    languages_url: `${url}/languages`,
    merges_url: `${url}/merges`,
    milestones_url: `${url}/milestones{/number}`,
    notifications_url: `${url}/notifications{?since,all,participating}`,
    pulls_url: `${url}/pulls{/number}`,
    releases_url: `${url}/releases{/id}`,
    stargazers_url: `${url}/stargazers`,
    statuses_url: `${url}/statuses/{sha}`,
    subscribers_url: `${url}/subscribers`,
    subscription_url: `${url}/subscription`,
    tags_url: `${url}/tags`,
    teams_url: `${url}/teams`,
    trees_url: `${url}/git/trees{/sha}`,
    git_url: `git://${host}/${fullName(repository)}.git`,
    ssh_url: `git@${host}:${fullName(repository)}.git`,
    clone_url: `${page}.git`,
    svn_url: page,
    mirror_url: null,
  };
}
