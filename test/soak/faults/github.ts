import {
  type CallFault,
  type DeliveryFault,
  type FaultyCall,
  secondaryRateLimit,
} from '../../../src/sandbox/faults.ts';
import type { Fault } from '../nemesis.ts';

const ours = ({ path }: FaultyCall) => path.startsWith('/repos/');
const writes = (call: FaultyCall) => call.method !== 'GET' && ours(call);

/** Each waits for one call or one webhook that it is about, and counts when that has come. */
export const githubFaults: Fault[] = [
  onCall('github_5xx', 3, { when: ours, status: 502 }),
  onCall('github_reply_lost', 3, { when: writes, loseReply: true }),
  onCall('github_rate_limited', 1, { when: writes, ...secondaryRateLimit(2) }),
  // Longer than an answer is waited for. One that has its effect later than that is not promised (docs/guarantees.md).
  onCall('github_timed_out', 1, { when: writes, delayMs: 16_000, status: 504 }),
  onDelivery('webhook_dropped', 2, { when: () => true, does: 'drop' }),
  onDelivery('webhook_duplicated', 3, { when: () => true, does: 'duplicate' }),
  onDelivery('webhook_delayed', 3, { when: () => true, does: 'delay', delayMs: 2_500 }),
];

function onCall(kind: string, weight: number, fault: CallFault): Fault {
  return {
    ...{ kind, weight },
    strike: async ({ world }, met) => {
      world.story.sandbox.faults.onCall({ ...fault, when: counted(fault.when, met) });
    },
  };
}

function onDelivery(kind: string, weight: number, fault: DeliveryFault): Fault {
  return {
    ...{ kind, weight },
    strike: async ({ world }, met) => {
      world.story.sandbox.faults.onDelivery({ ...fault, when: counted(fault.when, met) });
    },
  };
}

/** The sandbox asks the faults in turn, and the first that says yes is the one that happens. */
function counted<T>(when: (about: T) => boolean, met: () => void): (about: T) => boolean {
  return (about) => {
    const matches = when(about);
    if (matches) met();
    return matches;
  };
}
