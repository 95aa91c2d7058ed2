import type { Permission } from '../run/checks.ts';
import type { RunType } from '../run/status.ts';
import type { MadeInstead } from '../triggers/page.ts';

/** What became of a button: the run to look at, or a sentence that says why not and what to do next. */
export type ActionResult = { ok: true; runId: string; instead?: MadeInstead } | { ok: false; why: string };

/** As `ActionResult`, of a button that makes no run. */
export type Done = { ok: true } | { ok: false; why: string };

/**
 * What the buttons of the pages do. Given by the app, which knows the queue; each checks again that it may, under the
 * lock, since a page is old as soon as it is sent. `user` is the login that presses, `permission`
 * what GitHub said just now that they may.
 */
export interface PageActions {
  /** `planId`: the plan that the page showed. Another one must not be applied. */
  approve(request: { runId: string; planId: string; user: string; permission: Permission }): Promise<ActionResult>;
  discard(request: { runId: string; user: string }): Promise<ActionResult>;
  cancel(request: { runId: string; user: string }): Promise<ActionResult>;
  rerun(request: { runId: string; user: string }): Promise<ActionResult>;
  trigger(request: { stackId: string; type: RunType; user: string }): Promise<ActionResult>;
  /** Ends one hold on a stack, the one that the page showed. */
  release(request: { stackId: string; holdId: number; user: string }): Promise<Done>;
}
