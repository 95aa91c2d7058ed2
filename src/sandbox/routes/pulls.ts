import type { components } from '@octokit/openapi-types';
import { pullOf, repositoryOf } from '../http/env.ts';
import { paginate } from '../http/paginate.ts';
import { commitShape, diffEntry } from '../shapes/commit.ts';
import { nodeId } from '../shapes/node-id.ts';
import { commitsOfPull, filesOfPull, fullPull, simplePull } from '../shapes/pull-request.ts';
import { repositoryPage, repositoryUrl } from '../shapes/repository.ts';
import { simpleUser } from '../shapes/user.ts';
import type { PullRequest, Repository, Review } from '../store.ts';
import type { World } from '../world.ts';
import type { Routes } from './index.ts';

const MAX_FILES = 3000;
const MAX_COMMITS = 250;

/** Pull requests. */
export const pullRoutes: Routes = (app, world) => {
  app.get('/repos/:owner/:repo/pulls', (c) => {
    const repository = repositoryOf(world, c, ['pull_requests', 'read']);
    const { state = 'open', head, base } = c.req.query();
    const found = [...repository.pulls.values()]
      .filter((pull) => state === 'all' || pull.state === state)
      .filter((pull) => base === undefined || pull.base.ref === base)
      .filter((pull) => head === undefined || `${pull.head.repository.owner.login}:${pull.head.ref}` === head);
    // Newest first, unless the caller asks otherwise.
    const sorted = c.req.query('direction') === 'asc' ? found : found.toReversed();
    return c.json(paginate(c, sorted).map((pull) => simplePull(world, repository, pull)));
  });

  app.get('/repos/:owner/:repo/pulls/:number', async (c) => {
    const repository = repositoryOf(world, c, ['pull_requests', 'read']);
    return c.json(await fullPull(world, repository, pullOf(repository, c)));
  });

  app.get('/repos/:owner/:repo/pulls/:number/files', async (c) => {
    const repository = repositoryOf(world, c, ['pull_requests', 'read']);
    const pull = pullOf(repository, c);
    const files = paginate(c, (await filesOfPull(repository, pull)).slice(0, MAX_FILES));
    return c.json(files.map((file) => diffEntry(world, repository, { file, sha: pull.head.sha })));
  });

  app.get('/repos/:owner/:repo/pulls/:number/commits', async (c) => {
    const repository = repositoryOf(world, c, ['pull_requests', 'read']);
    const commits = (await commitsOfPull(repository, pullOf(repository, c))).slice(0, MAX_COMMITS);
    return c.json(paginate(c, commits).map((commit) => commitShape(world, repository, commit)));
  });

  app.get('/repos/:owner/:repo/pulls/:number/reviews', (c) => {
    const repository = repositoryOf(world, c, ['pull_requests', 'read']);
    const pull = pullOf(repository, c);
    return c.json(paginate(c, pull.reviews).map((review) => reviewShape(world, repository, { pull, review })));
  });
};

function reviewShape(
  world: World,
  repository: Repository,
  { pull, review }: { pull: PullRequest; review: Review },
): components['schemas']['pull-request-review'] {
  const html = `${repositoryPage(world, repository)}/pull/${pull.number}#pullrequestreview-${review.id}`;
  const url = `${repositoryUrl(world, repository)}/pulls/${pull.number}`;
  return {
    id: review.id,
    node_id: nodeId('PullRequestReview', review.id),
    user: simpleUser(world, review.author),
    body: review.body,
    state: review.state,
    html_url: html,
    pull_request_url: url,
    _links: { html: { href: html }, pull_request: { href: url } },
    submitted_at: review.submittedAt,
    commit_id: review.commit,
    author_association: 'COLLABORATOR',
  };
}
