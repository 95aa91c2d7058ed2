const last = new Map<string, Promise<void>>();

export interface Turn {
  /** Everybody who asked before for any of the same has left. */
  came: Promise<unknown>;
  leave(): void;
}

/** In the order of the calls, so that nobody waits for each other. */
export function takeTurn(places: readonly string[]): Turn {
  const own = Promise.withResolvers<void>();
  const came = Promise.all(places.map((place) => last.get(place)));
  const turn = came.then(() => own.promise);
  for (const place of places) last.set(place, turn);
  void turn.then(() => {
    for (const place of places) if (last.get(place) === turn) last.delete(place);
  });
  return { came, leave: own.resolve };
}

/**
 * What inits that ended well have left unkept: a lock file may name what is not needed any more, and a mirror may have it
 * unpacked, to be linked to. Whoever waited for another's init would find no more after it.
 */
const unkept = new Set<string>();
const mostRemembered = 10_000;

export function noteUnkept(places: readonly string[]): void {
  if (unkept.size > mostRemembered) unkept.clear();
  for (const place of places) unkept.add(place);
}

export function worthWaiting(places: readonly string[]): string[] {
  return places.filter((place) => !unkept.has(place));
}
