import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { findPagePlan, findPageRun } from '../db/page-run.ts';
import { findPageStack } from '../db/page-stack.ts';
import { runTypes } from '../run/status.ts';
import type { ActionResult } from './actions.ts';
import type { AnswerCode } from './answers.ts';
import type { PagesDeps } from './deps.ts';
import { isUuid } from './parameters.ts';
import { sendMessage, sendNotFound } from './respond.ts';
import { sendRefusedRun } from './run.ts';
import { isOwnForm } from './security.ts';
import { sendRefusedStack } from './stack.ts';

const largestForm = 16 * 1024;

/** The buttons: `POST /runs/:id/{approve,discard,cancel,rerun}` and `POST /stacks/:id/trigger`. */
export function actionRoutes(deps: PagesDeps): Hono {
  const app = new Hono();
  const addresses = ['/runs/:id/:verb{approve|discard|cancel|rerun}', '/stacks/:id/trigger'];
  for (const address of addresses) {
    app.post(
      address,
      bodyLimit({ maxSize: largestForm, onError: (c) => sendMessage(c, deps, 413, 'This form is too long.') }),
    );
    app.all(address, (c, next) => (c.req.method === 'POST' ? next() : refuseMethod(c, deps)));
  }
  app.post('/runs/:id/:verb{approve|discard|cancel|rerun}', (c) =>
    withUser(c, deps, (user) => actOnRun(c, deps, user)),
  );
  app.post('/stacks/:id/trigger', (c) => withUser(c, deps, (user) => trigger(c, deps, user)));
  return app;
}

function refuseMethod(c: Context, deps: PagesDeps) {
  c.header('Allow', 'POST');
  return sendMessage(c, deps, 405, 'This address is for a button of the pages: it takes POST only.');
}

async function withUser(c: Context, deps: PagesDeps, act: (user: string) => Promise<Response>): Promise<Response> {
  if (!isOwnForm(c.req.raw, deps.publicUrl)) {
    return sendMessage(
      c,
      deps,
      403,
      'This form did not come from a page of this server. Nothing was changed. Open the page at its usual address and press the button there.',
    );
  }
  if (deps.pageUser === null) {
    return sendMessage(
      c,
      deps,
      403,
      'Acting from the pages needs signing in, which this server has not. Nothing was changed. Comment on the pull request, or use the buttons of the check on GitHub.',
    );
  }
  return act(deps.pageUser);
}

type RunVerb = 'approve' | 'discard' | 'cancel' | 'rerun';

const doneCodes: Record<RunVerb, AnswerCode> = {
  approve: 'approved',
  discard: 'discarded',
  cancel: 'canceled',
  rerun: 'rerun',
};

async function actOnRun(c: Context, deps: PagesDeps, user: string): Promise<Response> {
  const id = c.req.param('id') ?? '';
  const verb = c.req.param('verb') as RunVerb;
  const run = isUuid(id) ? await findPageRun(deps.db, id) : undefined;
  if (!run) return sendNotFound(c, deps);
  const form = await readForm(c);
  const plan = await findPagePlan(deps.db, run);
  const stale = verb === 'approve' || (verb === 'discard' && form.plan !== undefined);
  if (stale && form.plan !== (plan?.id ?? '')) return sendRefusedRun(c, deps, { id, why: staleForm });
  if (verb === 'approve' && run.type === 'destroy' && form.confirm !== run.stack_name) {
    return sendRefusedRun(c, deps, { id, why: mistyped(run.stack_name) });
  }
  const result = await perform(deps, verb, { runId: id, planId: form.plan ?? '', user });
  return result.ok
    ? c.redirect(`/runs/${result.runId}?done=${doneCodes[verb]}`, 303)
    : sendRefusedRun(c, deps, { id, why: result.why });
}

async function perform(
  deps: PagesDeps,
  verb: RunVerb,
  request: { runId: string; planId: string; user: string },
): Promise<ActionResult> {
  const { runId, user } = request;
  return verb === 'approve' ? deps.act.approve(request) : deps.act[verb]({ runId, user });
}

async function trigger(c: Context, deps: PagesDeps, user: string): Promise<Response> {
  const id = c.req.param('id') ?? '';
  const stack = isUuid(id) ? await findPageStack(deps.db, id) : undefined;
  if (!stack) return sendNotFound(c, deps);
  const form = await readForm(c);
  const type = runTypes.find((name) => name === form.type);
  if (!type) return sendMessage(c, deps, 400, `The type of a run must be one of ${runTypes.join(', ')}.`);
  if (type === 'destroy' && form.confirm !== stack.name)
    return sendRefusedStack(c, deps, { id, why: mistyped(stack.name) });
  if (stack.removed)
    return sendRefusedStack(c, deps, { id, why: 'This stack is not in zenfra.yml any more; add it there first.' });
  const result = await deps.act.trigger({ stackId: id, type, user });
  return result.ok
    ? c.redirect(`/runs/${result.runId}?done=triggered`, 303)
    : sendRefusedStack(c, deps, { id, why: result.why });
}

const staleForm =
  'This page was older than the run: the plan that it showed is not the one to decide on. Nothing was changed. Read what is below and press again.';

function mistyped(name: string): string {
  return `To destroy, type the stack’s name, ${name}, into the field. What was typed is something else; nothing was changed.`;
}

/** Text fields only; of several with one name the last counts. */
async function readForm(c: Context): Promise<Record<string, string | undefined>> {
  const fields = new URLSearchParams(await c.req.text());
  return Object.fromEntries(fields);
}
