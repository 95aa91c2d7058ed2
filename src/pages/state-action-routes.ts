import { Hono } from 'hono';
import { findRun } from '../db/runs.ts';
import { listHolds } from '../db/stack-holds.ts';
import { neededToRelease } from '../run/checks.ts';
import { releaseLock } from '../state/release-lock.ts';
import { rollBack } from '../state/roll-back.ts';
import type { PagesDeps } from './deps.ts';
import { type PageContext, type PageEnv, viewerOf } from './env.ts';
import type { Form } from './forms.ts';
import { receiveImport } from './import.ts';
import { onForm, onlyPost } from './on-form.ts';
import { isUuid, readPositive } from './parameters.ts';
import { sendMessage, sendNotFound } from './respond.ts';
import { sendRefusedRun } from './run.ts';
import { actProblem, onStack, seeStack, stackForAdmin } from './see.ts';
import { sendRefusedStack } from './stack.ts';
import { sendRefusedState } from './state.ts';

/** What one can do with a stack that is held and with its state: `POST /stacks/:id/{release,release-lock,roll-back,import}`. */
export function stateActionRoutes(deps: PagesDeps): Hono<PageEnv> {
  const app = new Hono<PageEnv>();
  onForm({ app, path: '/stacks/:id/release' }, deps, (c, form) => release(c, deps, form));
  onForm({ app, path: '/stacks/:id/release-lock' }, deps, (c, form) => releaseTheLock(c, deps, form));
  onForm({ app, path: '/stacks/:id/roll-back' }, deps, (c, form) => goBack(c, deps, form));
  app.post('/stacks/:id/import', (c) => receiveImport(c, deps));
  onlyPost({ app, path: '/stacks/:id/import' }, deps);
  return app;
}

/** The answer is the page that the button stood on: the stack's, or that of a run that waits for it. */
async function release(c: PageContext, deps: PagesDeps, form: Form): Promise<Response> {
  const id = c.req.param('id') ?? '';
  const stack = (await seeStack(c, deps, id))?.stack;
  if (!stack) return sendNotFound(c, deps);
  const holds = await listHolds(deps.db, [id]);
  const hold = holds.find((one) => one.id === readPositive(form.hold));
  // One that is gone asks for no more than any other: whoever may press is told that it is gone.
  const needed = hold ? neededToRelease(hold.reason) : 'write';
  const problem = await actProblem(c, deps, { ...onStack(stack), needed });
  if (problem !== null) return sendMessage(c, deps, 403, problem);
  const waiting = isUuid(form.run ?? '') ? await findRun(deps.db, form.run ?? '') : undefined;
  const runId = waiting?.stack_id === id ? waiting.id : null;
  const result = hold
    ? await deps.act.release({ stackId: id, holdId: hold.id, user: viewerOf(c).login })
    : { ok: false as const, why: 'This hold was released already. Nothing was changed.' };
  if (result.ok) return c.redirect(`${runId === null ? `/stacks/${id}` : `/runs/${runId}`}?done=released`, 303);
  const { why } = result;
  return runId === null ? sendRefusedStack(c, deps, { id, why }) : sendRefusedRun(c, deps, { id: runId, why });
}

async function releaseTheLock(c: PageContext, deps: PagesDeps, form: Form): Promise<Response> {
  const stack = await stackForAdmin(c, deps);
  if (stack instanceof Response) return stack;
  const { id } = stack;
  const result = await releaseLock(deps.state, { stackId: id, lockId: form.lock ?? '', user: viewerOf(c).login });
  return result.ok
    ? c.redirect(`/stacks/${id}/state?done=lock_released`, 303)
    : sendRefusedState(c, deps, { id, why: result.why });
}

async function goBack(c: PageContext, deps: PagesDeps, form: Form): Promise<Response> {
  const stack = await stackForAdmin(c, deps);
  if (stack instanceof Response) return stack;
  const { id } = stack;
  const { version = '', current = '' } = form;
  if (!isUuid(version) || !isUuid(current))
    return sendMessage(
      c,
      deps,
      400,
      'A roll-back names the version to go back to and the one it leaves; this form lacks them.',
    );
  const wanted = { stackId: id, versionId: version, currentId: current, user: viewerOf(c).login };
  const result = await rollBack(deps.state, wanted);
  return result.ok
    ? c.redirect(`/stacks/${id}/state?done=rolled_back`, 303)
    : sendRefusedState(c, deps, { id, why: result.why });
}
