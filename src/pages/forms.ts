import { isSameToken } from '../access/form-token.ts';
import type { PagesDeps } from './deps.ts';
import { type PageContext, viewerOf } from './env.ts';
import { isOwnForm } from './security.ts';

export type Form = Record<string, string | undefined>;

/** Text fields only; of several with one name the last counts. */
export async function readForm(c: PageContext): Promise<Form> {
  return Object.fromEntries(new URLSearchParams(await c.req.text()));
}

/** Why a POST is not one of this page's own forms, pressed by whom it was made for; null if it is. */
export function formProblem(c: PageContext, deps: Pick<PagesDeps, 'publicUrl'>, form: Form): string | null {
  if (!isOwnForm(c.req.raw, deps.publicUrl)) return foreignForm;
  return isSameToken(form.form_token, viewerOf(c).formToken) ? null : outlivedForm;
}

export const foreignForm =
  'This form did not come from a page of this server. Nothing was changed. Open the page at its usual address and press the button there.';
export const outlivedForm =
  'This form is of an earlier sign-in, or of another person’s. Nothing was changed. Open the page again and press the button there.';
