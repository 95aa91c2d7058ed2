import type { HoldView, StateLockView } from '../../views/parts/hold.tsx';
import type { StackHold } from '../db/stack-holds.ts';
import type { NumberedLock } from '../db/state-locks.ts';
import { hasPermission, neededToRelease, type Permission } from '../run/checks.ts';
import type { RunStatus } from '../run/status.ts';
import type { GitHubLinks } from './github-links.ts';

/** Who holds a stack, since when, and whether the viewer may release it. */
export function toHoldView(hold: StackHold, { links, may }: { links: GitHubLinks; may: Permission }): HoldView {
  return {
    id: hold.id,
    note: hold.note.replace(/\.$/, ''),
    by: hold.created_by,
    since: hold.created_at,
    reason: hold.reason,
    run: hold.run_id,
    pullRequest:
      hold.pull_request_number === null
        ? null
        : { number: hold.pull_request_number, url: links.pullRequest(hold.pull_request_number) },
    needed: neededToRelease(hold.reason),
    mayRelease: hasPermission(may, neededToRelease(hold.reason)),
  };
}

interface Around {
  live: { id: string; number: number; status: RunStatus }[];
  /** Whether the lock's run can write no more. */
  abandoned: boolean;
  may: Permission;
}

/** A lock of the state; while its run applies it is as it should be, and nobody's to release. */
export function toLockView(lock: NumberedLock, { live, abandoned, may }: Around): StateLockView {
  return {
    lockId: lock.lock_id,
    since: lock.created_at,
    who: whoOf(lock.info),
    run: lock.run_id === null || lock.run_number === null ? null : { id: lock.run_id, number: lock.run_number },
    applying: live.find((run) => run.status === 'applying') ?? null,
    abandoned,
    mayRelease: may === 'admin',
  };
}

/** The engine's own words on who took the lock, such as `zenfra@worker-1`. */
function whoOf(info: Buffer): string | null {
  try {
    const parsed = JSON.parse(info.toString()) as { Who?: unknown } | null;
    return typeof parsed?.Who === 'string' ? parsed.Who.slice(0, 200) : null;
  } catch {
    return null;
  }
}
