import { Hono } from 'hono';
import { PullRequestPage } from '../../views/pull-request.tsx';
import { findPagePullRequest } from '../db/page-pull-request.ts';
import { listRunsForPage } from '../db/page-stack-runs.ts';
import { hasPermission } from '../run/checks.ts';
import { isFinal } from '../run/transition.ts';
import type { PagesDeps } from './deps.ts';
import type { PageEnv } from './env.ts';
import { githubLinks } from './github-links.ts';
import { listAddress, listEvents, readListParameters, readPullRequestAddress } from './parameters.ts';
import { frameFor, sendMessage, sendNotFound } from './respond.ts';
import { toRunRow } from './run-columns.ts';
import { levelOn } from './see.ts';
import { pagerFor } from './stack.ts';

/** `GET /pr/:owner/:repository/:number`: all runs of a pull request. */
export function pullRequestRoutes(deps: PagesDeps): Hono<PageEnv> {
  return new Hono<PageEnv>().get('/pr/:owner/:repository/:number', async (c) => {
    const wanted = readPullRequestAddress(c.req.param());
    if (!wanted) return sendNotFound(c, deps);
    const parameters = readListParameters(c.req.query());
    if (!parameters.ok) return sendMessage(c, deps, 400, parameters.why);
    const pull = await findPagePullRequest(deps.db, wanted);
    if (!pull || !hasPermission(await levelOn(c, deps, pull.repository_id), 'read')) return sendNotFound(c, deps);
    const { list } = parameters;
    const { number } = wanted;
    const frame = frameFor(c, deps);
    const of = { repositoryId: pull.repository_id, pullRequest: number };
    const page = await listRunsForPage(deps.db, { of, ...list });
    const address = `/pr/${pull.owner}/${pull.repository}/${number}`;
    const active = page.runs.some((run) => !isFinal(run.status));
    return c.html(
      PullRequestPage({
        frame,
        repository: `${pull.owner}/${pull.repository}`,
        pullRequest: {
          number,
          url: githubLinks(deps.githubServerUrl, pull).pullRequest(number),
          title: pull.title,
          author: pull.author,
          state: pull.draft && pull.state === 'open' ? 'draft' : pull.state,
          headRef: pull.head_ref,
        },
        runs: page.runs.map((run) => toRunRow(run, true)),
        pager: pagerFor(address, list, page),
        refresh: active ? { address: listAddress(address, list, list.cursor), seconds: 5, withoutScript: true } : null,
        events: listEvents(address, frame),
      }),
    );
  });
}
