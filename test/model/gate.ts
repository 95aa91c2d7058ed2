/** What a process does can be held up, and ended for good: then whatever waits here is refused, as is all that comes. */
export class Gate {
  #open = true;
  #gone = false;
  #waiting: { pass(): void; refuse(error: Error): void }[] = [];

  async pass(): Promise<void> {
    if (this.#gone) throw new Error(gone);
    if (this.#open) return;
    await new Promise<void>((pass, refuse) => this.#waiting.push({ pass, refuse }));
  }

  close(): void {
    this.#open = false;
  }

  open(): void {
    this.#open = true;
    for (const { pass } of this.#waiting.splice(0)) pass();
  }

  end(): void {
    this.#gone = true;
    for (const { refuse } of this.#waiting.splice(0)) refuse(new Error(gone));
  }
}

const gone = 'the process was killed';

/** An execution stops before each of its steps until it is told to take it. */
export class Steps {
  #waiting: { go(): void; refuse(error: Error): void } | undefined;
  #arrived: () => void = () => {};
  #arrival = this.#nextArrival();

  /** Called by the execution. */
  async next(): Promise<void> {
    const told = new Promise<void>((go, refuse) => {
      this.#waiting = { go, refuse };
    });
    this.#arrived();
    await told;
  }

  /** Resolves when the execution waits for a step. */
  async arrival(): Promise<void> {
    if (!this.#waiting) await this.#arrival;
  }

  take(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#arrival = this.#nextArrival();
    waiting?.go();
  }

  end(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.refuse(new Error(gone));
  }

  #nextArrival(): Promise<void> {
    return new Promise((resolve) => {
      this.#arrived = resolve;
    });
  }
}
