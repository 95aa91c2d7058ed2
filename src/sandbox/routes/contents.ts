import { randomBytes } from 'node:crypto';
import { resolveCommit } from '../git/repository.ts';
import { findEntry, readBlob, readTree, type TreeEntry } from '../git/trees.ts';
import { ApiError, notFound } from '../http/api-error.ts';
import { type ApiContext, repositoryOf } from '../http/env.ts';
import { fullName, repositoryPage, repositoryUrl } from '../shapes/repository.ts';
import { type Repository, repositoryKey } from '../store.ts';
import type { World } from '../world.ts';
import type { Routes } from './index.ts';

const ARCHIVE_TOKEN_LIFE_MS = 300_000;
/** GitHub sends larger files only as raw bytes, with this media type. */
const MAX_JSON_BYTES = 1024 * 1024;

/** Files and archives. */
export const contentRoutes: Routes = (app, world) => {
  app.get('/repos/:owner/:repo/contents', (c) => contents(world, c, ''));
  app.get('/repos/:owner/:repo/contents/:path{[\\s\\S]*}', (c) => contents(world, c, c.req.param('path')));
  app.get('/repos/:owner/:repo/tarball', (c) => archive(world, c, ''));
  app.get('/repos/:owner/:repo/tarball/:ref{[\\s\\S]*}', (c) => archive(world, c, c.req.param('ref')));
  app.get('/repositories/:repositoryId/tarball/:ref{[\\s\\S]*}', (c) => archive(world, c, c.req.param('ref')));
};

async function contents(world: World, c: ApiContext, path: string): Promise<Response> {
  const repository = repositoryOf(world, c, ['contents', 'read']);
  const ref = c.req.query('ref') ?? repository.defaultBranch;
  const commit = await resolveCommit(repository.git, ref);
  if (!commit) throw new ApiError(404, `No commit found for the ref ${ref}`);
  const clean = path.split('/').filter(Boolean).join('/');
  const entry = await findEntry(repository.git, commit, clean);
  if (!entry) throw notFound();
  if (entry.type === 'tree') {
    const children = (await readTree(repository.git, entry.sha)) ?? [];
    const at = (child: TreeEntry) => (clean === '' ? child.name : `${clean}/${child.name}`);
    return c.json(
      await Promise.all(children.map((child) => describe(world, repository, { entry: child, path: at(child), ref }))),
    );
  }
  const content = (await readBlob(repository.git, entry.sha)) ?? Buffer.alloc(0);
  if (/application\/vnd\.github(\.v3)?\.raw/.test(c.req.header('accept') ?? '')) {
    return c.body(new Uint8Array(content), 200, { 'content-type': 'application/vnd.github.raw; charset=utf-8' });
  }
  const large = content.length > MAX_JSON_BYTES;
  const text = large ? '' : content.toString('base64').replace(/.{60}/g, '$&\n');
  const shown =
    entry.mode === '120000'
      ? { target: content.toString('utf8') }
      : { content: text, encoding: large ? 'none' : 'base64' };
  return c.json({ ...(await describe(world, repository, { entry, path: clean, ref })), ...shown });
}

async function describe(world: World, repository: Repository, at: { entry: TreeEntry; path: string; ref: string }) {
  const { entry, path, ref } = at;
  const kind =
    entry.type === 'tree'
      ? 'dir'
      : entry.type === 'commit'
        ? 'submodule'
        : entry.mode === '120000'
          ? 'symlink'
          : 'file';
  const api = repositoryUrl(world, repository);
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  const url = `${api}/contents/${encoded}?ref=${encodeURIComponent(ref)}`;
  const git = `${api}/git/${entry.type === 'tree' ? 'trees' : 'blobs'}/${entry.sha}`;
  const html = `${repositoryPage(world, repository)}/${entry.type === 'tree' ? 'tree' : 'blob'}/${encodeURIComponent(ref)}/${encoded}`;
  return {
    type: kind,
    size: entry.type === 'blob' ? ((await readBlob(repository.git, entry.sha))?.length ?? 0) : 0,
    ...{ name: path.split('/').at(-1) ?? '', path, sha: entry.sha },
    ...{ url, git_url: git, html_url: html, download_url: kind === 'file' ? html : null },
    _links: { self: url, git, html },
  };
}

/**
 * As on GitHub: a redirection to another address, which is good for some minutes without the App's token. From a former
 * name it leads to the same question by the repository's id, which needs the token.
 */
function archive(world: World, c: ApiContext, ref: string): Response {
  const repository = repositoryOf(world, c, ['contents', 'read']);
  const { owner, repo } = c.req.param() as Record<string, string>;
  if (owner && repo && !world.store.repositories.has(repositoryKey(owner, repo)))
    return c.redirect(`${world.apiUrl}/repositories/${repository.id}/tarball/${encodeURIComponent(ref)}`, 301);
  const token = randomBytes(20).toString('base64url');
  world.store.tokens.set(token, { kind: 'archive', repository, expiresAt: Date.now() + ARCHIVE_TOKEN_LIFE_MS });
  const path = (ref || repository.defaultBranch).split('/').map(encodeURIComponent).join('/');
  return c.redirect(`${world.url}/_codeload/${fullName(repository)}/legacy.tar.gz/${path}?token=${token}`, 302);
}
