import { Hono } from 'hono';
import { type StackRow, StacksPage } from '../../views/stacks.tsx';
import { type ListedStack, listConfigMistakes, listStacksForPage } from '../db/page-stacks.ts';
import { hasPermission, neededToApprove, type Permission } from '../run/checks.ts';
import { policyOf } from '../run/policy.ts';
import { isFinal } from '../run/transition.ts';
import type { PagesDeps } from './deps.ts';
import { type PageEnv, viewerOf } from './env.ts';
import { listEvents } from './parameters.ts';
import { frameFor } from './respond.ts';
import { countsOf, engineOf, wantedEngine } from './run-columns.ts';

/** `GET /`: all stacks. */
export function stacksRoutes(deps: PagesDeps): Hono<PageEnv> {
  return new Hono<PageEnv>().get('/', async (c) => {
    const frame = frameFor(c, deps);
    const rights = await deps.access.listRights(viewerOf(c));
    const ids = [...rights].flatMap(([id, level]) => (hasPermission(level, 'read') ? [id] : []));
    const [stacks, mistakes] = await Promise.all([listStacksForPage(deps.db, ids), listConfigMistakes(deps.db, ids)]);
    const active = stacks.some((stack) => stack.last_status !== null && !isFinal(stack.last_status));
    return c.html(
      StacksPage({
        frame,
        stacks: stacks.filter((stack) => !stack.removed).map((stack) => toRow(stack, rights)),
        removed: stacks.filter((stack) => stack.removed).map((stack) => toRow(stack, rights)),
        mistakes: mistakes.map((mistake) => ({
          repository: `${mistake.owner}/${mistake.name}`,
          sentence: mistakeSentence(mistake.config_error),
        })),
        refresh: active ? { address: '/', seconds: 5, withoutScript: false } : null,
        events: listEvents('/', frame),
      }),
    );
  });
}

function mistakeSentence(error: { file: string; line: number | null; message: string }): string {
  return `${error.file}${error.line === null ? '' : `, line ${error.line}`}: ${error.message}`;
}

function toRow(stack: ListedStack, rights: ReadonlyMap<number, Permission>): StackRow {
  return {
    id: stack.id,
    name: stack.name,
    path: stack.path,
    repository: `${stack.owner}/${stack.repository}`,
    engine: engineOf(stack) ?? wantedEngine(stack),
    lastRun: lastRunOf(stack),
    waiting: waitingOf(stack, rights.get(stack.repository_id) ?? 'none'),
  };
}

function lastRunOf(stack: ListedStack): StackRow['lastRun'] {
  if (!stack.last_id || stack.last_number === null || !stack.last_status || !stack.last_created_at) return null;
  return { id: stack.last_id, number: stack.last_number, status: stack.last_status, createdAt: stack.last_created_at };
}

/** Only what this viewer may approve waits for them. */
function waitingOf(stack: ListedStack, may: Permission): StackRow['waiting'] {
  if (!stack.waiting_id || stack.waiting_number === null || !stack.waiting_since) return null;
  const facts = { policy: policyOf(stack.waiting_policy), deletes: (stack.destroy_count ?? 0) > 0 };
  if (stack.waiting_type === null || !hasPermission(may, neededToApprove(stack.waiting_type, facts))) return null;
  return {
    id: stack.waiting_id,
    number: stack.waiting_number,
    title: stack.waiting_title ?? '',
    counts: countsOf(stack),
    since: stack.waiting_since,
  };
}
