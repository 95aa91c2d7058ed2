export interface ContentLimit {
  requests: number;
  perMs: number;
}

/** GitHub refuses more content-creating requests than these (docs: "Rate limits for the REST API", secondary limits). */
export const contentLimits: readonly ContentLimit[] = [
  { requests: 80, perMs: 60_000 },
  { requests: 500, perMs: 3_600_000 },
];

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
 * Keeps one installation's writes under GitHub's content limits: bursts pass at once, as GitHub allows them, and only
 * what would go over waits. Counts this process alone; what several servers send together is caught by GitHub's own
 * `retry-after`.
 */
export class ContentBudget {
  readonly #limits: readonly ContentLimit[];
  #sent: number[] = [];

  constructor(limits: readonly ContentLimit[]) {
    this.#limits = limits;
  }

  async take(): Promise<void> {
    const wait = this.#waitMs(Date.now());
    if (wait > patienceMs) throw new PutOff(new Date(Date.now() + wait));
    if (wait > 0) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      return this.take();
    }
    this.#sent.push(Date.now());
  }

  #waitMs(now: number): number {
    const longest = Math.max(0, ...this.#limits.map((limit) => limit.perMs));
    this.#sent = this.#sent.filter((at) => now - at < longest);
    const waits = this.#limits.map((limit) => {
      const nth = this.#sent.at(-limit.requests);
      return nth === undefined ? 0 : Math.max(0, nth + limit.perMs - now);
    });
    return Math.max(0, ...waits);
  }
}
