import type { Logger } from 'pino';

/** Between two turns that the database asks for. */
const pauseMs = 50;
const pauseAfterFailureMs = 1_000;

export interface Turns {
  /** Resolves when a turn that began after the call has ended; callers share it. */
  take(): Promise<void>;
  /** At once if the last turn was long enough ago, else as soon as it is. */
  takeSoon(): void;
  stop(): void;
}

/** One turn at a time. A turn that fails is taken again a little later. */
export function pagedTurns(turn: () => Promise<void>, log: Logger): Turns {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let last = Number.NEGATIVE_INFINITY;
  let stopped = false;
  const begin = () => {
    running = turn().finally(() => {
      running = undefined;
      last = performance.now();
    });
    return running;
  };
  const take = (): Promise<void> => {
    if (!running) return begin();
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return begin();
      });
    return next;
  };
  const later = (ms: number) => {
    if (timer !== undefined || stopped) return;
    timer = setTimeout(() => {
      timer = undefined;
      take().catch((error: unknown) => {
        log.warn({ err: error }, 'what is new on a watched page could not be read; trying again');
        later(pauseAfterFailureMs);
      });
    }, ms);
  };
  return {
    take,
    takeSoon: () => later(Math.max(0, last + pauseMs - performance.now())),
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
