import type { Logger } from 'pino';

export interface Repeated {
  /** Resolves when the first has ended. */
  first: Promise<void>;
  /** Resolves when none is under way any more. */
  stop(): Promise<void>;
}

/**
 * Does something now and then again and again, also while the last has not ended: that may wait for a connection which
 * is dead. One that fails is tried again at the next time.
 */
export function repeat(log: Logger, what: string, everyMs: number, act: () => Promise<void>): Repeated {
  const underWay = new Set<Promise<void>>();
  const once = () => {
    const one = act()
      .catch((error: unknown) => log.warn({ err: error }, `${what} failed; trying again`))
      .finally(() => underWay.delete(one));
    underWay.add(one);
    return one;
  };
  const first = once();
  const timer = setInterval(once, everyMs);
  const stop = async () => {
    clearInterval(timer);
    await Promise.all(underWay);
  };
  return { first, stop };
}
