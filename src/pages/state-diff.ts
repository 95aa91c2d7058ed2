import { StateDiffPage, type StateDiffPageProps } from '../../views/state-diff.tsx';
import { redactionForStack } from '../bundle/redact-for-stack.ts';
import { findNewestVersion, findVersionBySerial, type ListedVersion } from '../db/page-state.ts';
import { compareStates, type StateSide } from '../plan/compare-states.ts';
import { readState } from '../state/read-state.ts';
import { isEncrypted } from '../state/snapshot.ts';
import { whyStateIsBusy } from '../state/stack-now.ts';
import type { PagesDeps } from './deps.ts';
import type { PageContext } from './env.ts';
import { readSerial } from './parameters.ts';
import { frameFor, sendMessage, sendNotFound } from './respond.ts';
import { seeStack } from './see.ts';
import { loadStackView } from './stack-view.ts';
import { toVersionRow } from './version-row.ts';

/** Comparing takes the process's time, about a second for two of these; larger ones are compared by who downloads them. */
const largestCompared = 4 * 1024 * 1024;

interface Pair {
  from: ListedVersion | undefined;
  to: ListedVersion;
  newest: ListedVersion;
}

/**
 * `GET /stacks/:id/state/diff?from=…&to=…`, two serials. Without `to` it is the current version, without `from` the one
 * before `to`; `from=current` is what a roll-back starts from.
 */
export async function diffState(c: PageContext, deps: PagesDeps): Promise<Response> {
  const stackId = c.req.param('id') ?? '';
  const seen = await seeStack(c, deps, stackId);
  if (!seen) return sendNotFound(c, deps);
  const newest = await findNewestVersion(deps.db, stackId);
  if (!newest) return c.redirect(`/stacks/${stackId}/state`, 302);
  const pair = await choosePair(c, deps, { stackId, newest });
  if ('why' in pair) return sendMessage(c, deps, pair.status, pair.why);
  const { from, to } = pair;
  const content = await readPair(deps, pair);
  // Offered where the page shows just what a roll-back would do to the state: from the present version to an older one.
  const rollsBack = seen.may === 'admin' && from?.id === newest.id && to.id !== newest.id;
  const sealed = rollsBack && isEncrypted(content?.now ?? (await readState(deps.state, to.id)));
  const [stack, compared] = await Promise.all([
    loadStackView(deps, seen),
    compare(deps, { stackId, ...pair, content, sealed }),
  ]);
  return c.html(
    StateDiffPage({
      ...{ frame: frameFor(c, deps), answer: null, stack, may: seen.may, compared },
      from: from ? toVersionRow(from, newest.id) : null,
      to: toVersionRow(to, newest.id),
      rollBack: rollsBack && !sealed ? await rollBackFor(deps, { stackId, newest }) : null,
    }),
  );
}

async function choosePair(
  c: PageContext,
  deps: PagesDeps,
  { stackId, newest }: { stackId: string; newest: ListedVersion },
): Promise<Pair | { status: 400 | 404; why: string }> {
  const [asked, other] = [c.req.query('to') ?? '', c.req.query('from') ?? ''];
  const find = async (text: string) => {
    const serial = readSerial(text);
    return serial === undefined ? undefined : findVersionBySerial(deps.db, stackId, serial);
  };
  const to = asked === '' ? newest : await find(asked);
  if (!to) return missing(asked);
  if (other === 'current') return { from: newest, to, newest };
  if (other === '') return { from: await findNewestVersion(deps.db, stackId, to.serial), to, newest };
  const from = await find(other);
  return from ? { from, to, newest } : missing(other);
}

function missing(text: string): { status: 400 | 404; why: string } {
  return readSerial(text) === undefined
    ? { status: 400, why: 'A serial is a whole number, such as 12.' }
    : { status: 404, why: `This stack has no state version with serial ${text}.` };
}

/** Null where one of them is too large to be compared. */
async function readPair(deps: PagesDeps, { from, to }: Pair): Promise<{ old: Buffer | null; now: Buffer } | null> {
  if (Math.max(from?.size ?? 0, to.size) > largestCompared) return null;
  return { old: from ? await readState(deps.state, from.id) : null, now: await readState(deps.state, to.id) };
}

/** What a bundle gave in secret, an attribute may hold in clear: a state knows nothing of that. */
async function compare(
  deps: PagesDeps,
  {
    stackId,
    from,
    to,
    content,
    sealed,
  }: Pair & { stackId: string; content: Awaited<ReturnType<typeof readPair>>; sealed: boolean },
): Promise<StateDiffPageProps['compared']> {
  if (content === null) {
    const most = largestCompared / 1024 / 1024;
    const tooLarge = `States of more than ${most} MiB are not compared here. Download both and compare them with a tool.`;
    return { why: sealed ? `${tooLarge} ${notRolledBack}` : tooLarge };
  }
  const { old, now } = content;
  if ((old && isEncrypted(old)) || isEncrypted(now)) return { why: encrypted };
  const redaction = await redactionForStack(deps.state, stackId);
  const side = (bytes: Buffer, engine: StateSide['engine']): StateSide => ({ bytes: redaction.json(bytes), engine });
  return compareStates(old && from ? side(old, from.engine) : null, side(now, to.engine));
}

const notRolledBack =
  'An encrypted one is not rolled back to: have OpenTofu write it under a later serial than the present, and import that.';
const encrypted = `OpenTofu has encrypted at least one of these states, and Zenfra has no key to it. Download both and compare them with OpenTofu. ${notRolledBack}`;

async function rollBackFor(
  deps: PagesDeps,
  { stackId, newest }: { stackId: string; newest: ListedVersion },
): Promise<StateDiffPageProps['rollBack']> {
  return { busy: await whyStateIsBusy(deps.db, stackId, 'roll_back'), nextSerial: String(BigInt(newest.serial) + 1n) };
}
