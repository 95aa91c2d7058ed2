import type { components } from '@octokit/openapi-types';
import { getCommit } from '../git/commits.ts';
import { resolveCommit } from '../git/repository.ts';
import { readBlob, readTree, readTreeRecursively } from '../git/trees.ts';
import { notFound } from '../http/api-error.ts';
import { repositoryOf } from '../http/env.ts';
import { nodeId } from '../shapes/node-id.ts';
import { repositoryUrl } from '../shapes/repository.ts';
import type { Routes } from './index.ts';

/** git's own things: refs, trees, blobs, commits. */
export const gitDataRoutes: Routes = (app, world) => {
  app.get('/repos/:owner/:repo/git/ref/:ref{[\\s\\S]+}', async (c) => {
    const repository = repositoryOf(world, c, ['contents', 'read']);
    const ref = `refs/${c.req.param('ref')}`;
    const sha = /^refs\/(heads|tags|pull)\//.test(ref) ? (await repository.git.objects.read(ref))?.sha : undefined;
    if (!sha) throw notFound();
    const url = repositoryUrl(world, repository);
    const answer: components['schemas']['git-ref'] = {
      ref,
      node_id: nodeId('Ref', ref),
      url: `${url}/git/${ref}`,
      object: { type: 'commit', sha, url: `${url}/git/commits/${sha}` },
    };
    return c.json(answer);
  });

  app.get('/repos/:owner/:repo/git/trees/:sha{[\\s\\S]+}', async (c) => {
    const repository = repositoryOf(world, c, ['contents', 'read']);
    const { git } = repository;
    const wanted = c.req.param('sha');
    const name = /^[0-9a-f]{40}$/.test(wanted) ? wanted : await resolveCommit(git, wanted);
    const top = name === undefined ? undefined : await readTree(git, name);
    if (!top || name === undefined) throw notFound();
    // Any value of `recursive` counts, 0 and false included.
    const recursive = c.req.query('recursive') !== undefined;
    const entries = recursive
      ? await readTreeRecursively(git, name)
      : top.map((entry) => ({ ...entry, path: entry.name }));
    const base = `${repositoryUrl(world, repository)}/git`;
    const tree = await Promise.all(
      entries.map(async ({ path, mode, type, sha }) => ({
        ...{ path, mode, type, sha, url: `${base}/${type}s/${sha}` },
        ...(type === 'blob' ? { size: (await readBlob(git, sha))?.length ?? 0 } : {}),
      })),
    );
    const sha = (await git.objects.read(`${name}^{tree}`))?.sha ?? name;
    const answer: components['schemas']['git-tree'] = { sha, url: `${base}/trees/${sha}`, tree, truncated: false };
    return c.json(answer);
  });

  app.get('/repos/:owner/:repo/git/blobs/:sha{[0-9a-f]{40}}', async (c) => {
    const repository = repositoryOf(world, c, ['contents', 'read']);
    const sha = c.req.param('sha');
    const content = await readBlob(repository.git, sha);
    if (!content) throw notFound();
    const answer: components['schemas']['blob'] = {
      ...{ sha, node_id: nodeId('Blob', sha), size: content.length },
      url: `${repositoryUrl(world, repository)}/git/blobs/${sha}`,
      content: content.toString('base64'),
      encoding: 'base64',
    };
    return c.json(answer);
  });

  app.get('/repos/:owner/:repo/git/commits/:sha{[0-9a-f]{40}}', async (c) => {
    const repository = repositoryOf(world, c, ['contents', 'read']);
    const sha = await resolveCommit(repository.git, c.req.param('sha'));
    if (!sha) throw notFound();
    const { tree, parents, message, author, committer } = await getCommit(repository.git, sha);
    const url = repositoryUrl(world, repository);
    return c.json({
      ...{ sha, node_id: nodeId('Commit', sha), url: `${url}/git/commits/${sha}`, author, committer, message },
      tree: { sha: tree, url: `${url}/git/trees/${tree}` },
      parents: parents.map((parent) => ({ sha: parent, url: `${url}/git/commits/${parent}` })),
    });
  });
};
