const last = new Map<string, Promise<void>>();

/**
 * Does the work when all that was asked for earlier under the same key has ended. If it is stopped while it waits it
 * goes ahead at once, and finds that it was stopped.
 */
export async function inTurn<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const before = last.get(key);
  let leave = () => {};
  const own = new Promise<void>((resolve) => {
    leave = resolve;
  });
  const turn = (before ?? Promise.resolve()).then(() => own);
  last.set(key, turn);
  try {
    if (before !== undefined) await Promise.race([before, aborted(signal)]);
    return await work();
  } finally {
    leave();
    if (last.get(key) === turn) last.delete(key);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
