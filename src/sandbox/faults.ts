/** What a fault can look at to decide whether a call is its own. `path` has neither `/api/v3` nor the query. */
export interface FaultyCall {
  method: string;
  path: string;
  body: unknown;
}

/** A fault of the API. Without `status` the call is really performed; `delayMs` comes first. */
export interface CallFault {
  when: (call: FaultyCall) => boolean;
  /** How many calls it meets before it goes away. Default 1. */
  times?: number;
  delayMs?: number;
  /** Answered in place of performing the call. */
  status?: number;
  message?: string;
  headers?: Record<string, string>;
  /** The call has its effect, and the connection breaks before the answer. */
  loseReply?: boolean;
  /** The connection breaks at once, and the call has its effect all the same, once this has settled. */
  hangUpUntil?: Promise<unknown>;
}

/** A fault of the webhooks: of the first deliveries that match, in the order they would be sent. */
export interface DeliveryFault {
  when: (delivery: { event: string; action: string | null; payload: unknown }) => boolean;
  times?: number;
  /** `drop` never sends it, `duplicate` sends it twice with the same id, `delay` lets later ones pass it. */
  does: 'drop' | 'duplicate' | 'delay';
  /** For `delay`. Default 200. */
  delayMs?: number;
}

/** Faults on demand. Each adder returns a function that takes the fault away again. */
export interface Faults {
  onCall(fault: CallFault): () => void;
  onDelivery(fault: DeliveryFault): () => void;
  clear(): void;
}

export interface FaultList extends Faults {
  takeCall(call: FaultyCall): CallFault | undefined;
  takeDelivery(delivery: Parameters<DeliveryFault['when']>[0]): DeliveryFault | undefined;
  /** Whether any fault for calls is set: lets the usual call skip reading its body early. */
  hasCallFaults(): boolean;
}

/** What GitHub answers when an App posts too fast: to be spread into a CallFault. */
export function secondaryRateLimit(retryAfterSeconds: number): Pick<CallFault, 'status' | 'message' | 'headers'> {
  return {
    status: 403,
    message:
      'You have exceeded a secondary rate limit. Please wait a few minutes before you try again. If you reach out to GitHub Support for help, please include the request ID.',
    headers: { 'retry-after': String(retryAfterSeconds) },
  };
}

/** An empty list of faults. */
export function createFaults(): FaultList {
  const calls: Armed<CallFault>[] = [];
  const deliveries: Armed<DeliveryFault>[] = [];
  return {
    onCall: (fault) => arm(calls, fault),
    onDelivery: (fault) => arm(deliveries, fault),
    clear() {
      calls.length = 0;
      deliveries.length = 0;
    },
    takeCall: (call) => take(calls, (fault) => fault.when(call)),
    takeDelivery: (delivery) => take(deliveries, (fault) => fault.when(delivery)),
    hasCallFaults: () => calls.length > 0,
  };
}

interface Armed<F> {
  fault: F;
  left: number;
}

function arm<F extends { times?: number }>(list: Armed<F>[], fault: F): () => void {
  const armed = { fault, left: fault.times ?? 1 };
  list.push(armed);
  return () => remove(list, armed);
}

function take<F>(list: Armed<F>[], matches: (fault: F) => boolean): F | undefined {
  const armed = list.find((candidate) => matches(candidate.fault));
  if (!armed) return undefined;
  armed.left--;
  if (armed.left <= 0) remove(list, armed);
  return armed.fault;
}

function remove<F>(list: Armed<F>[], armed: Armed<F>): void {
  const at = list.indexOf(armed);
  if (at >= 0) list.splice(at, 1);
}
