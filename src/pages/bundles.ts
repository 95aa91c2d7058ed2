import { Hono } from 'hono';
import { BundlesPage } from '../../views/bundles.tsx';
import type { Answer } from '../../views/parts/notice.tsx';
import { listBundlesForPage } from '../db/page-bundles.ts';
import { listRepositories } from '../db/repositories.ts';
import { answerFor } from './answers.ts';
import { sendBundle } from './bundle.ts';
import type { PagesDeps } from './deps.ts';
import { type PageContext, type PageEnv, viewerOf } from './env.ts';
import { frameFor } from './respond.ts';

/** `GET /bundles` and `GET /bundles/:id`, for admins of the repositories that the bundles belong to. */
export function bundleRoutes(deps: PagesDeps): Hono<PageEnv> {
  return new Hono<PageEnv>()
    .get('/bundles', async (c) => c.html(await renderBundles(c, deps, answerFor(c.req.query('done')))))
    .get('/bundles/:id', (c) => sendBundle(c, deps, { id: c.req.param('id'), answer: answerFor(c.req.query('done')) }));
}

/** The list as the answer to a button that was refused. */
export async function sendRefusedBundles(c: PageContext, deps: PagesDeps, why: string) {
  return c.html(await renderBundles(c, deps, { done: false, sentence: why }), 409);
}

async function renderBundles(c: PageContext, deps: PagesDeps, answer: Answer | null) {
  const rights = await deps.access.listRights(viewerOf(c));
  const administered = [...rights].flatMap(([id, level]) => (level === 'admin' ? [id] : []));
  const [bundles, repositories] = await Promise.all([
    listBundlesForPage(deps.db, administered),
    listRepositories(deps.db),
  ]);
  return BundlesPage({
    ...{ frame: frameFor(c, deps), answer },
    repositories: repositories
      .filter(({ id, removed_at: removed }) => administered.includes(id) && removed === null)
      .map(({ id, owner, name }) => ({ id, fullName: `${owner}/${name}` })),
    bundles: bundles.map((bundle) => ({
      ...{ id: bundle.id, name: bundle.name, description: bundle.description, repository: bundle.repository },
      ...{ changedAt: bundle.changedAt, changedBy: bundle.changedBy, attachments: bundle.attachments },
      variables: (bundle.outline ?? []).filter(({ kind }) => kind === 'variable').length,
      files: (bundle.outline ?? []).filter(({ kind }) => kind === 'file').length,
    })),
  });
}
