import type { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { PagesDeps } from './deps.ts';
import type { PageContext, PageEnv } from './env.ts';
import { type Form, formProblem, readForm } from './forms.ts';
import { sendMessage } from './respond.ts';

const largestForm = 16 * 1024;

interface Button {
  app: Hono<PageEnv>;
  path: string;
  /** Bytes of the form; default what buttons need. */
  maxSize?: number;
}

/** A button's address: takes POST only, only short forms, and only those of our own pages. */
export function onForm(
  { app, path, maxSize = largestForm }: Button,
  deps: PagesDeps,
  act: (c: PageContext, form: Form) => Promise<Response>,
): void {
  const onError = (c: PageContext) => sendMessage(c, deps, 413, 'This form is too long.');
  app.post(path, bodyLimit({ maxSize, onError }), async (c) => {
    const form = await readForm(c);
    const problem = formProblem(c, deps, form);
    return problem === null ? act(c, form) : sendMessage(c, deps, 403, problem);
  });
  onlyPost({ app, path }, deps);
}

/** Tells every other method so. */
export function onlyPost({ app, path }: Button, deps: PagesDeps): void {
  app.all(path, (c) => {
    c.header('Allow', 'POST');
    return sendMessage(c, deps, 405, 'This address is for a button of the pages: it takes POST only.');
  });
}
