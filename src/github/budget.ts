export interface ContentLimit {
  requests: number;
  perMs: number;
}

/** GitHub refuses more content-creating requests than these (docs: "Rate limits for the REST API", secondary limits). */
export const contentLimits: readonly ContentLimit[] = [
  { requests: 80, perMs: 60_000 },
  { requests: 500, perMs: 3_600_000 },
];

/** Of each limit, what is kept for reports: neither courtesies nor details may use it up. */
const reserve = 1 / 5;

/** The longest a caller waits in place; beyond it the work is put off to a later job. */
const patienceMs = 2_000;

/** GitHub will not take this now; `retryAt` is when to ask again. */
export class PutOff extends Error {
  override name = 'PutOff';
  readonly retryAt: Date;
  constructor(retryAt: Date, cause?: unknown) {
    super(`GitHub takes no more of this until ${retryAt.toISOString()}`, { cause });
    this.retryAt = retryAt;
  }
}

/**
 * A `courtesy`, which is a reaction or the news of how far something is, is left out when there is much to tell, so that a
 * thousand comments cannot hold up a plan's. A `detail` comes later then, so that the checks of three hundred stacks hold
 * up neither the one of all nor the comment.
 */
export type Urgency = 'report' | 'detail' | 'courtesy';

/**
 * Keeps one installation's writes under GitHub's content limits: bursts pass at once, as GitHub allows them, and only
 * what would go over waits. Counts this process alone; what several servers send together is caught by GitHub's own
 * `retry-after`, after which nothing is sent until that time.
 */
export class ContentBudget {
  readonly #limits: readonly ContentLimit[];
  readonly #now: () => number;
  #sent: number[] = [];
  #pausedUntil = 0;
  /** Settles when whoever asked last has got an answer. */
  #line: Promise<void> = Promise.resolve();

  /** `now`: milliseconds since 1970. */
  constructor(limits: readonly ContentLimit[], now: () => number = Date.now) {
    this.#limits = limits;
    this.#now = now;
  }

  /**
   * Resolves when one more request may be sent, which counts as sent then, in the order of asking. Throws `PutOff` when
   * that takes too long.
   */
  take(urgency: Urgency = 'report'): Promise<void> {
    const turn = this.#line.then(() => this.#takeTurn(urgency));
    this.#line = turn.catch(() => undefined);
    return turn;
  }

  /** GitHub has said when it takes the next one. */
  pause(until: Date): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, until.getTime());
  }

  async #takeTurn(urgency: Urgency): Promise<void> {
    const now = this.#now();
    const wait = this.#waitMs(now, urgency);
    if (wait > (urgency === 'courtesy' ? 0 : patienceMs)) throw new PutOff(new Date(now + wait));
    if (wait > 0) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      // A timer may ring a moment early, and GitHub may have named a later time meanwhile.
      return this.#takeTurn(urgency);
    }
    this.#sent.push(now);
  }

  #waitMs(now: number, urgency: Urgency): number {
    const longest = Math.max(0, ...this.#limits.map((limit) => limit.perMs));
    this.#sent = this.#sent.filter((at) => now - at < longest);
    const waits = this.#limits.map((limit) => {
      const allowed = urgency === 'report' ? limit.requests : Math.floor(limit.requests * (1 - reserve));
      const nth = this.#sent.at(-allowed);
      return nth === undefined ? 0 : Math.max(0, nth + limit.perMs - now);
    });
    return Math.max(this.#pausedUntil - now, ...waits);
  }
}
