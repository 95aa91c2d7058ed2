import { Hono } from 'hono';
import type { Kysely } from 'kysely';
import { type StackRow, StacksPage } from '../../views/stacks.tsx';
import { listAuthors } from '../db/approval-facts.ts';
import { type ListedStack, listConfigMistakes, listStacksForPage } from '../db/page-stacks.ts';
import { getRun } from '../db/runs.ts';
import type { Database } from '../db/schema.ts';
import { hasPermission, type Permission, refuseApprover } from '../run/checks.ts';
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
    const toRow = await rowsFor(deps.db, { login: viewerOf(c).login, rights }, stacks);
    const active = stacks.some((stack) => stack.last_status !== null && !isFinal(stack.last_status));
    return c.html(
      StacksPage({
        frame,
        stacks: stacks.filter((stack) => !stack.removed).map(toRow),
        removed: stacks.filter((stack) => stack.removed).map(toRow),
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

interface Reader {
  login: string;
  rights: ReadonlyMap<number, Permission>;
}

async function rowsFor(db: Kysely<Database>, reader: Reader, stacks: ListedStack[]) {
  const waiting = new Set<ListedStack>();
  await Promise.all(stacks.map(async (stack) => (await waitsFor(db, reader, stack)) && waiting.add(stack)));
  return (stack: ListedStack): StackRow => ({
    id: stack.id,
    name: stack.name,
    path: stack.path,
    repository: `${stack.owner}/${stack.repository}`,
    engine: engineOf(stack) ?? wantedEngine(stack),
    lastRun: lastRunOf(stack),
    waiting: waiting.has(stack) ? waitingOf(stack) : null,
  });
}

/** Only what this reader may approve waits for them. Whose change it is, is asked where that decides. */
async function waitsFor(db: Kysely<Database>, { login, rights }: Reader, stack: ListedStack): Promise<boolean> {
  if (stack.waiting_id === null || stack.waiting_type === null) return false;
  const policy = policyOf(stack.waiting_policy);
  const approver = { login, permission: rights.get(stack.repository_id) ?? 'none' };
  const plan = { deletes: (stack.destroy_count ?? 0) > 0 };
  const about = { type: stack.waiting_type, policy, approver, plan };
  if (refuseApprover({ ...about, authors: [] }) !== null) return false;
  if (policy.approval.selfApprove) return true;
  const authors = await listAuthors(db, await getRun(db, stack.waiting_id));
  return refuseApprover({ ...about, authors }) === null;
}

function lastRunOf(stack: ListedStack): StackRow['lastRun'] {
  if (!stack.last_id || stack.last_number === null || !stack.last_status || !stack.last_created_at) return null;
  return { id: stack.last_id, number: stack.last_number, status: stack.last_status, createdAt: stack.last_created_at };
}

function waitingOf(stack: ListedStack): StackRow['waiting'] {
  if (!stack.waiting_id || stack.waiting_number === null || !stack.waiting_since) return null;
  return {
    id: stack.waiting_id,
    number: stack.waiting_number,
    title: stack.waiting_title ?? '',
    counts: countsOf(stack),
    since: stack.waiting_since,
  };
}
