/** Lets this process have only one job for a run in hand: a wake-up that comes meanwhile has nothing to add. */
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
