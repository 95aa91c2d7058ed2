import { Hono } from 'hono';
import { findPagePlan, type PageRun } from '../db/page-run.ts';
import { neededToApprove, type Permission } from '../run/checks.ts';
import { runTypes } from '../run/status.ts';
import type { ActionResult } from './actions.ts';
import type { AnswerCode } from './answers.ts';
import type { PagesDeps } from './deps.ts';
import { type PageContext, type PageEnv, viewerOf } from './env.ts';
import type { Form } from './forms.ts';
import { onForm } from './on-form.ts';
import { sendMessage, sendNotFound } from './respond.ts';
import { sendRefusedRun } from './run.ts';
import { actProblem, onStack, removedWords, seeRun, seeStack } from './see.ts';
import { sendRefusedStack } from './stack.ts';

/** The buttons: `POST /runs/:id/{approve,discard,cancel,rerun}` and `POST /stacks/:id/trigger`. */
export function actionRoutes(deps: PagesDeps): Hono<PageEnv> {
  const app = new Hono<PageEnv>();
  onForm({ app, path: '/runs/:id/:verb{approve|discard|cancel|rerun}' }, deps, (c, form) => actOnRun(c, deps, form));
  onForm({ app, path: '/stacks/:id/trigger' }, deps, (c, form) => trigger(c, deps, form));
  return app;
}

type RunVerb = 'approve' | 'discard' | 'cancel' | 'rerun';

const doneCodes: Record<RunVerb, AnswerCode> = {
  approve: 'approved',
  discard: 'discarded',
  cancel: 'canceled',
  rerun: 'rerun',
};

async function actOnRun(c: PageContext, deps: PagesDeps, form: Form): Promise<Response> {
  const id = c.req.param('id') ?? '';
  const verb = c.req.param('verb') as RunVerb;
  const run = (await seeRun(c, deps, id))?.run;
  if (!run) return sendNotFound(c, deps);
  const at = { repositoryId: run.repository_id, repository: `${run.owner}/${run.repository}` };
  const problem = await actProblem(c, deps, { ...at, needed: neededFor(verb, run) });
  if (problem !== null) return sendMessage(c, deps, 403, problem);
  const plan = await findPagePlan(deps.db, run);
  const stale = verb === 'approve' || (verb === 'discard' && form.plan !== undefined);
  if (stale && form.plan !== (plan?.id ?? '')) return sendRefusedRun(c, deps, { id, why: staleForm });
  if (bringsAbout.includes(verb) && run.type === 'destroy' && form.confirm !== run.stack_name) {
    return sendRefusedRun(c, deps, { id, why: mistyped(run.stack_name) });
  }
  const viewer = viewerOf(c);
  const permission = verb === 'approve' ? await deps.access.readRight(viewer, run.repository_id) : 'none';
  const request = { runId: id, planId: form.plan ?? '', user: viewer.login, permission };
  const result = await perform(deps, verb, request);
  return result.ok
    ? c.redirect(`/runs/${result.runId}?done=${result.instead ?? doneCodes[verb]}`, 303)
    : sendRefusedRun(c, deps, { id, why: result.why });
}

/** What makes a run's changes happen. A destruction takes an admin and the stack's name; what ends one takes neither. */
const bringsAbout: RunVerb[] = ['approve', 'rerun'];

function neededFor(verb: RunVerb, run: PageRun): Permission {
  return bringsAbout.includes(verb) ? neededToApprove(run.type) : 'write';
}

async function perform(
  deps: PagesDeps,
  verb: RunVerb,
  request: { runId: string; planId: string; user: string; permission: Permission },
): Promise<ActionResult> {
  const { runId, user } = request;
  return verb === 'approve' ? deps.act.approve(request) : deps.act[verb]({ runId, user });
}

async function trigger(c: PageContext, deps: PagesDeps, form: Form): Promise<Response> {
  const id = c.req.param('id') ?? '';
  const stack = (await seeStack(c, deps, id))?.stack;
  if (!stack) return sendNotFound(c, deps);
  const type = runTypes.find((name) => name === form.type);
  if (!type) return sendMessage(c, deps, 400, `The type of a run must be one of ${runTypes.join(', ')}.`);
  const problem = await actProblem(c, deps, { ...onStack(stack), needed: neededToApprove(type) });
  if (problem !== null) return sendMessage(c, deps, 403, problem);
  if (type === 'destroy' && form.confirm !== stack.name)
    return sendRefusedStack(c, deps, { id, why: mistyped(stack.name) });
  if (stack.removed) return sendRefusedStack(c, deps, { id, why: removedWords });
  const result = await deps.act.trigger({ stackId: id, type, user: viewerOf(c).login });
  return result.ok
    ? c.redirect(`/runs/${result.runId}?done=${result.instead ?? ('triggered' satisfies AnswerCode)}`, 303)
    : sendRefusedStack(c, deps, { id, why: result.why });
}

const staleForm =
  'This page was older than the run: the plan that it showed is not the one to decide on. Nothing was changed. Read what is below and press again.';

function mistyped(name: string): string {
  return `To destroy, type the stack’s name, ${name}, into the field. What was typed is something else; nothing was changed.`;
}
