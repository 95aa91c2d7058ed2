import type { Context, Hono } from 'hono';
import { getCheck, pressButton, rerequestCheck } from '../acts/checks.ts';
import { addComment } from '../acts/comments.ts';
import { mergePull } from '../acts/merge.ts';
import { closePull, reopenPull, setDraft } from '../acts/pulls.ts';
import { commitToBranch } from '../acts/push.ts';
import { mergeTrees } from '../git/merge.ts';
import type { SandboxEnv } from '../http/env.ts';
import { MAX_COMMENT_LENGTH } from '../routes/comments.ts';
import { baseOf } from '../shapes/pull-request.ts';
import { fullName } from '../shapes/repository.ts';
import type { PullRequest, Repository } from '../store.ts';
import type { World } from '../world.ts';
import { type Actor, actorsOf, mayWrite } from './actor.tsx';
import { anotherChange } from './another-change.ts';
import { findPull, findRepository } from './find.ts';

interface Act {
  world: World;
  repository: Repository;
  pull: PullRequest;
  actor: Actor;
  form: Record<string, string>;
}

/** Does what was asked, or returns the short name of the notice that says why not. */
type PullActor = (act: Act) => Promise<string | undefined>;

const PULL_ACTS: Record<string, PullActor> = { comment, push, merge, close, reopen, ready };

/** The forms of the pages. Each ends where the person was, with a notice if nothing was done. */
export function actRoutes(app: Hono<SandboxEnv>, world: World): void {
  app.post('/:owner/:repo/pull/:number/:act', async (c) => {
    const repository = findRepository(world, c);
    const pull = repository && findPull(repository, c);
    const act = Object.hasOwn(PULL_ACTS, c.req.param('act')) ? PULL_ACTS[c.req.param('act')] : undefined;
    if (!repository || !pull || !act) return c.notFound();
    const form = await formOf(c);
    const actor = findActor(world, repository, form);
    const notice = actor ? await act({ world, repository, pull, actor, form }) : 'write';
    return back(c, { path: `/${fullName(repository)}/pull/${pull.number}`, as: form.as, notice });
  });

  app.post('/:owner/:repo/checks/:id/:act{press|rerequest}', async (c) => {
    const repository = findRepository(world, c);
    const check = repository?.checkRuns.get(Number(c.req.param('id')));
    if (!repository || !check) return c.notFound();
    const form = await formOf(c);
    const actor = findActor(world, repository, form);
    const allowed = actor && mayWrite(actor.role);
    if (allowed && c.req.param('act') === 'rerequest') rerequestCheck(world, repository, { check, by: actor.account });
    const identifier = form.identifier ?? '';
    const has = getCheck(repository, check.id).actions.some((action) => action.identifier === identifier);
    if (allowed && has && c.req.param('act') === 'press')
      pressButton(world, repository, { check, identifier, by: actor.account });
    return back(c, { path: pathBack(repository, form.back), as: form.as, notice: allowed ? undefined : 'write' });
  });
}

async function comment({ world, repository, pull, actor, form }: Act): Promise<string | undefined> {
  // Forms send line ends as CR LF; GitHub keeps LF.
  const body = (form.body ?? '').replaceAll('\r\n', '\n');
  if (body.trim() === '') return 'blank';
  if ([...body].length > MAX_COMMENT_LENGTH) return 'long';
  addComment(world, repository, { number: pull.number, author: actor.account, body });
  return undefined;
}

async function push({ world, repository, pull, actor }: Act): Promise<string | undefined> {
  if (!mayWrite(actor.role)) return 'write';
  if (pull.state !== 'open') return 'state';
  const change = await anotherChange(repository, pull);
  if (!change) return 'file';
  await commitToBranch(world, pull.head.repository, {
    branch: pull.head.ref,
    files: [[change.path, change.content]],
    message: change.message,
    author: actor.account.login,
  });
  return undefined;
}

async function merge({ world, repository, pull, actor }: Act): Promise<string | undefined> {
  if (!mayWrite(actor.role)) return 'write';
  if (pull.state !== 'open') return 'state';
  const clean = await mergeTrees(repository.git, await baseOf(repository, pull), pull.head.sha);
  if (pull.draft || !clean) return 'conflict';
  await mergePull(world, repository, { pull, by: actor.account });
  return undefined;
}

async function close({ world, repository, pull, actor }: Act): Promise<string | undefined> {
  if (!mayWrite(actor.role) && actor.account !== pull.author) return 'write';
  if (pull.state !== 'open') return 'state';
  await closePull(world, repository, { pull, by: actor.account });
  return undefined;
}

async function reopen({ world, repository, pull, actor }: Act): Promise<string | undefined> {
  if (!mayWrite(actor.role) && actor.account !== pull.author) return 'write';
  if (pull.state !== 'closed' || pull.mergedAt) return 'state';
  await reopenPull(world, repository, { pull, by: actor.account });
  return undefined;
}

async function ready({ world, repository, pull, actor }: Act): Promise<string | undefined> {
  if (!mayWrite(actor.role) && actor.account !== pull.author) return 'write';
  if (pull.state !== 'open' || !pull.draft) return 'state';
  await setDraft(world, repository, { pull, by: actor.account, draft: false });
  return undefined;
}

async function formOf(c: Context<SandboxEnv>): Promise<Record<string, string>> {
  const body = await c.req.parseBody();
  return Object.fromEntries(
    Object.entries(body).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function findActor(world: World, repository: Repository, form: Record<string, string>): Actor | undefined {
  return actorsOf(world, repository).find((actor) => actor.account.login === form.as);
}

/** Only to pages of the same repository: the field comes from the browser. */
function pathBack(repository: Repository, wanted: string | undefined): string {
  const base = `/${fullName(repository)}`;
  const rest = wanted?.startsWith(`${base}/`) ? wanted.slice(base.length) : '';
  return /^\/(pull\/\d+|commit\/[0-9a-f]{40})$/.test(rest) ? base + rest : base;
}

function back(
  c: Context<SandboxEnv>,
  to: { path: string; as: string | undefined; notice: string | undefined },
): Response {
  const query = new URLSearchParams();
  if (to.as) query.set('as', to.as);
  if (to.notice) query.set('notice', to.notice);
  return c.redirect(query.size > 0 ? `${to.path}?${query}` : to.path, 303);
}
