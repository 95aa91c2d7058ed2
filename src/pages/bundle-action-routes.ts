import { Hono } from 'hono';
import { mostBytes, tooShortSecrets } from '../bundle/check.ts';
import { applyEdit, type EditedItem } from '../bundle/edit.ts';
import { attachBundle, createBundle, detachBundle, removeBundle } from '../bundle/manage.ts';
import { openContents, saveVersion } from '../bundle/store.ts';
import { findNewestBundleVersion } from '../db/bundles.ts';
import { findRepository } from '../db/repositories.ts';
import type { AnswerCode } from './answers.ts';
import { forAdmins, seeBundle, sendBundle } from './bundle.ts';
import { readItems } from './bundle-form.ts';
import { sendRefusedBundles } from './bundles.ts';
import type { PagesDeps } from './deps.ts';
import { type PageContext, type PageEnv, viewerOf } from './env.ts';
import type { Form } from './forms.ts';
import { onForm } from './on-form.ts';
import { readPositive } from './parameters.ts';
import { sendMessage, sendNotFound } from './respond.ts';
import { actProblem, levelOn } from './see.ts';

/** What a form may have: the contents, each byte escaped as `%XX`, and what is around them. */
const largestForm = mostBytes * 3 + 256 * 1024;

/** `POST /bundles` and `POST /bundles/:id/{save,attach,detach,remove}`. */
export function bundleActionRoutes(deps: PagesDeps): Hono<PageEnv> {
  const app = new Hono<PageEnv>();
  onForm({ app, path: '/bundles' }, deps, (c, form) => create(c, deps, form));
  const path = '/bundles/:id/:verb{save|attach|detach|remove}';
  onForm({ app, path, maxSize: largestForm }, deps, (c, form) => actOnBundle(c, deps, form));
  return app;
}

async function create(c: PageContext, deps: PagesDeps, form: Form): Promise<Response> {
  const repositoryId = readPositive(form.repository);
  const repository = repositoryId === undefined ? undefined : await findRepository(deps.db, repositoryId);
  if (!repository || (await levelOn(c, deps, repository.id)) === 'none') return sendNotFound(c, deps);
  const on = { repositoryId: repository.id, repository: `${repository.owner}/${repository.name}` };
  const problem = await actProblem(c, deps, { ...on, needed: 'admin' });
  if (problem !== null) return sendMessage(c, deps, 403, problem);
  const { name = '', description = '' } = form;
  const user = viewerOf(c).login;
  const made = await createBundle(deps.state, { ...on, name: name.trim(), description, user });
  return made.ok ? c.redirect(`/bundles/${made.id}?done=bundle_made`, 303) : sendRefusedBundles(c, deps, made.why);
}

async function actOnBundle(c: PageContext, deps: PagesDeps, form: Form): Promise<Response> {
  const id = c.req.param('id') ?? '';
  const bundle = await seeBundle(c, deps, id);
  if (bundle === 'absent') return sendNotFound(c, deps);
  if (bundle === 'not_admin') return sendMessage(c, deps, 403, forAdmins);
  const problem = await actProblem(c, deps, { ...bundle, needed: 'admin' });
  if (problem !== null) return sendMessage(c, deps, 403, problem);
  const user = viewerOf(c).login;
  const done = (code: AnswerCode) => c.redirect(`/bundles/${id}?done=${code}`, 303);
  switch (c.req.param('verb')) {
    case 'save':
      return save(c, deps, { id, form, user });
    case 'attach': {
      const to = form.to === 'label' ? ('label' as const) : ('stack' as const);
      const wanted = { bundleId: id, to, name: (form.name ?? '').trim(), priority: Number(form.priority ?? '0'), user };
      const made = await attachBundle(deps.state, wanted);
      return made.ok ? done('attached') : sendBundle(c, deps, { id, answer: { done: false, sentence: made.why } });
    }
    case 'detach':
      await detachBundle(deps.state, { bundleId: id, attachmentId: readPositive(form.attachment) ?? 0 });
      return done('detached');
    default:
      if (form.confirm !== bundle.name)
        return sendBundle(c, deps, { id, answer: { done: false, sentence: mistyped(bundle.name) } });
      await removeBundle(deps.state, id, user);
      return c.redirect('/bundles?done=bundle_removed', 303);
  }
}

async function save(
  c: PageContext,
  deps: PagesDeps,
  { id, form, user }: { id: string; form: Form; user: string },
): Promise<Response> {
  const items = readItems(form);
  const from = Number(form.version ?? '');
  const newest = await findNewestBundleVersion(deps.db, id);
  const before = newest ? await openContents(deps.db, deps.state.masterKey, newest.id) : { variables: [], files: [] };
  const { contents, problems } = applyEdit(before, items);
  const refuse = (sentences: string[], typed: { items: EditedItem[]; from: number } | null) =>
    sendBundle(c, deps, { id, answer: { done: false, sentence: `${sentences.join(' ')} ${again}` }, typed });
  // A form of an older version must not keep the secrets of a newer one under other names: that is looked at first.
  if (problems.length > 0 && from === (newest?.number ?? 0)) return refuse(problems, { items, from });
  const saved = await saveVersion(deps.state, { bundleId: id, from, contents, user });
  if (!saved.ok) return refuse(saved.problems, saved.overtaken ? null : { items, from });
  if (saved.number === from) return c.redirect(`/bundles/${id}?done=${'bundle_same' satisfies AnswerCode}`, 303);
  const code: AnswerCode = tooShortSecrets(contents).length > 0 ? 'bundle_saved_short' : 'bundle_saved';
  return c.redirect(`/bundles/${id}?done=${code}`, 303);
}

const again = 'Nothing was saved. Secrets that were typed have to be typed again.';

function mistyped(name: string): string {
  return `To remove it, type the bundle’s name, ${name}, into the field. Nothing was changed.`;
}
