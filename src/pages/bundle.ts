import { BundlePage } from '../../views/bundle.tsx';
import type { ItemRow } from '../../views/parts/bundle-item.tsx';
import type { Answer } from '../../views/parts/notice.tsx';
import { tooShortSecrets } from '../bundle/check.ts';
import { answersTo } from '../bundle/combine.ts';
import type { BundleContents } from '../bundle/contents.ts';
import type { EditedItem } from '../bundle/edit.ts';
import { openContents } from '../bundle/store.ts';
import { findNewestBundleVersion, listBundleVersions } from '../db/bundles.ts';
import { findPageBundle, listAttachments, listStacksWithHandles, type PageBundle } from '../db/page-bundles.ts';
import { hasPermission } from '../run/checks.ts';
import type { PagesDeps } from './deps.ts';
import type { PageContext } from './env.ts';
import { isUuid } from './parameters.ts';
import { frameFor, sendMessage, sendNotFound } from './respond.ts';
import { levelOn } from './see.ts';

const versionsShown = 50;

interface BundleRequest {
  id: string;
  answer: Answer | null;
  /** What was typed into a form that was refused, and the version that it showed. */
  typed?: { items: EditedItem[]; from: number } | null;
}

/** The page of a bundle. Whoever may only read its repository learns no more than that it is not theirs to see. */
export async function sendBundle(c: PageContext, deps: PagesDeps, request: BundleRequest) {
  const seen = await seeBundle(c, deps, request.id);
  if (seen === 'absent') return sendNotFound(c, deps);
  if (seen === 'not_admin') return sendMessage(c, deps, 403, forAdmins);
  const page = await renderBundle(c, deps, { ...request, bundle: seen });
  return c.html(page, request.answer?.done === false ? 409 : 200);
}

export const forAdmins = 'A configuration bundle is for whoever administers its repository.';

/** A bundle, for somebody who administers its repository. */
export async function seeBundle(
  c: PageContext,
  deps: PagesDeps,
  id: string,
): Promise<PageBundle | 'absent' | 'not_admin'> {
  const bundle = isUuid(id) ? await findPageBundle(deps.db, id) : undefined;
  const may = bundle ? await levelOn(c, deps, bundle.repositoryId) : 'none';
  if (!bundle || bundle.removed || !hasPermission(may, 'read')) return 'absent';
  return may === 'admin' ? bundle : 'not_admin';
}

async function renderBundle(c: PageContext, deps: PagesDeps, request: BundleRequest & { bundle: PageBundle }) {
  const { bundle } = request;
  const [newest, versions, attachments, stacks] = await Promise.all([
    findNewestBundleVersion(deps.db, bundle.id),
    listBundleVersions(deps.db, bundle.id, versionsShown),
    listAttachments(deps.db, bundle.id),
    listStacksWithHandles(deps.db, bundle.repositoryId),
  ]);
  const contents = newest ? await openContents(deps.db, deps.state.masterKey, newest.id) : none;
  const { to } = { to: attachments };
  return BundlePage({
    ...{ frame: frameFor(c, deps), answer: request.answer, attachments: to },
    bundle: { id: bundle.id, name: bundle.name, description: bundle.description, repository: bundle.repository },
    number: request.typed?.from ?? newest?.number ?? 0,
    rows: request.typed?.items.map(typedRow) ?? rowsOf(contents),
    tooShort: tooShortSecrets(contents),
    versions: versions.map((version) => ({
      ...{ number: version.number, by: version.created_by, at: version.created_at, changes: version.changes },
    })),
    stacks: stacks.filter(({ handles }) => to.some((attachment) => answersTo(handles, attachment))),
    suggestions: {
      stacks: stacks.map(({ name }) => name),
      labels: [...new Set(stacks.flatMap(({ handles }) => handles.labels))].sort(),
    },
  });
}

const none: BundleContents = { variables: [], files: [] };

/** A secret's value stays here: no page has it. */
function rowsOf({ variables, files }: BundleContents): ItemRow[] {
  return [
    ...variables.map((one) => ({ kind: 'variable' as const, name: one.key, ...one })),
    ...files.map((one) => ({ kind: 'file' as const, name: one.path, value: one.content, ...one })),
  ].map(({ kind, name, value, secret, description, available }) => ({
    ...{ kind, name, secret, description, available },
    value: secret ? '' : value,
    kept: secret,
    was: { name, available },
  }));
}

/** What was typed into a secret's field is not sent back either: it has to be typed again. */
function typedRow(item: EditedItem): ItemRow {
  const { kind, name, secret, description, available, was } = item;
  return {
    kind,
    name,
    secret,
    description,
    available,
    value: secret ? '' : item.value,
    kept: secret && was !== null,
    was,
  };
}
