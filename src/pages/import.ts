import { isSameToken } from '../access/form-token.ts';
import { readBody } from '../state/body.ts';
import { importState } from '../state/import-state.ts';
import type { PagesDeps } from './deps.ts';
import { type PageContext, viewerOf } from './env.ts';
import { foreignForm, outlivedForm } from './forms.ts';
import { sendMessage } from './respond.ts';
import { isOwnForm } from './security.ts';
import { removedWords, stackForAdmin } from './see.ts';
import { sendRefusedState } from './state.ts';

/** What a browser writes around the file. */
const envelopeBytes = 64 * 1024;

/**
 * `POST /stacks/:id/import` with a state file. Who may not import is turned away before the file is read; the form's
 * token stands in the body, so it is checked after.
 */
export async function receiveImport(c: PageContext, deps: PagesDeps): Promise<Response> {
  if (!isOwnForm(c.req.raw, deps.publicUrl, { files: true })) return sendMessage(c, deps, 403, foreignForm);
  const stack = await stackForAdmin(c, deps);
  if (stack instanceof Response) return stack;
  const { id } = stack;
  if (stack.removed) return sendRefusedState(c, deps, { id, why: removedWords });
  const upload = await readUpload(c, deps);
  if (upload === 'too large') return sendTooLarge(c, deps);
  const user = viewerOf(c);
  if (!isSameToken(upload.token, user.formToken)) return sendMessage(c, deps, 403, outlivedForm);
  if (!upload.file) return sendRefusedState(c, deps, { id, why: 'Choose a state file first. Nothing was changed.' });
  if (upload.file.length > deps.state.maxBytes) return sendTooLarge(c, deps);
  const result = await importState(deps.state, { stackId: id, bytes: upload.file, user: user.login });
  return result.ok
    ? c.redirect(`/stacks/${id}/state?done=imported`, 303)
    : sendRefusedState(c, deps, { id, why: result.why });
}

interface Upload {
  token: string | undefined;
  /** Undefined where none was chosen. */
  file: Buffer | undefined;
}

async function readUpload(c: PageContext, deps: PagesDeps): Promise<Upload | 'too large'> {
  const body = await readBody(c, deps.state.maxBytes + envelopeBytes);
  if (!body.ok) return 'too large';
  const form = await parse(new Uint8Array(body.bytes), c.req.header('Content-Type') ?? '');
  const [token, file] = [form?.get('form_token'), form?.get('state')];
  const bytes = file instanceof File && file.size > 0 ? Buffer.from(await file.arrayBuffer()) : undefined;
  return { token: typeof token === 'string' ? token : undefined, file: bytes };
}

/** Undefined for what is no form: then there is no token in it either. */
async function parse(bytes: Uint8Array<ArrayBuffer>, type: string): Promise<FormData | undefined> {
  try {
    return await new Response(bytes, { headers: { 'Content-Type': type } }).formData();
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function sendTooLarge(c: PageContext, deps: PagesDeps) {
  // The rest of the body is not read, so the connection cannot be used again.
  c.header('Connection', 'close');
  const most = deps.state.maxBytes / 1024 / 1024;
  return sendMessage(
    c,
    deps,
    413,
    `A state file may have up to ${most} MiB. Nothing was changed. Split the stack into smaller ones.`,
  );
}
