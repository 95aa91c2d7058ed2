/**
 * Keeps two jobs for the same thing from running in one process at once: a wake-up that comes while its run is in hand
 * has nothing to add.
 */
export function runInFlight(
  act: (payload: { runId: string }) => Promise<void>,
): (payload: { runId: string }) => Promise<void> {
  const inHand = new Set<string>();
  return async (payload) => {
    if (inHand.has(payload.runId)) return;
    inHand.add(payload.runId);
    try {
      await act(payload);
    } finally {
      inHand.delete(payload.runId);
    }
  };
}
