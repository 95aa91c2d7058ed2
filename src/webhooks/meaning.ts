import { createHash } from 'node:crypto';

/** The parts of a payload that tell one happening from another. */
interface Telling {
  action?: string;
  installation?: { id: number };
  repository?: { id: number; pushed_at?: number | string };
  ref?: string;
  before?: string;
  after?: string;
  pull_request?: { number: number; updated_at?: string; head: { sha: string } };
  changes?: { base?: { ref?: { from?: string } } };
  comment?: { id: number };
  merge_group?: { head_sha: string };
}

/**
 * What a webhook says, as a short key: the same body sent again under a new delivery id has the same one and makes nothing
 * new, even when the run it made has long ended. The signature covers the body alone, so whoever has caught a delivery
 * can send it again as often as they like.
 *
 * Branches go back and forth and pull requests are closed and reopened, which must plan again; so the time that GitHub
 * gives with the happening (`pushed_at`, `updated_at`) is part of the key. Null for what may truly happen twice in the
 * same words, such as a button that is pressed again.
 */
export function meaningOf(event: string, payload: object): string | null {
  const parts = tell[event]?.(payload as Telling) ?? null;
  if (parts === null) return null;
  const { installation, repository } = payload as Telling;
  const said = JSON.stringify([event, installation?.id, repository?.id, ...parts]);
  return createHash('sha256').update(said).digest('hex');
}

const tell: Record<string, ((payload: Telling) => unknown[] | null) | undefined> = {
  push: ({ ref, before, after, repository }) => [ref, before, after, repository?.pushed_at],
  pull_request: ({ action, pull_request: pull, before, changes }) => [
    action,
    pull?.number,
    pull?.head.sha,
    before,
    changes?.base?.ref?.from,
    // Opened is only once.
    action === 'opened' ? undefined : pull?.updated_at,
  ],
  // Edits and deletions are not acted on.
  issue_comment: ({ action, comment }) => (action === 'created' ? [action, comment?.id] : null),
  merge_group: ({ action, merge_group: group }) => [action, group?.head_sha],
};
