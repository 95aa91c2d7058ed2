/** What a slow reader may leave lying here. Then the stream is ended: the page comes back and reads on from the database. */
const mostBytes = 4 * 1024 * 1024;

/** The frames on their way to one reader, given out as fast as it takes them. */
export class Outbox {
  readonly stream: ReadableStream<Uint8Array>;
  #waiting: Uint8Array[] = [];
  #bytes = 0;
  #ended = false;
  #wake: (() => void) | null = null;
  #drained: (() => void)[] = [];

  readonly #onClose: () => void;

  /** `onClose` is called once: the reader went away, was too slow, or the stream was ended here. */
  constructor(onClose: () => void) {
    this.#onClose = onClose;
    this.stream = new ReadableStream<Uint8Array>(
      { pull: (controller) => this.#pull(controller), cancel: () => this.#close() },
      { highWaterMark: 0 },
    );
  }

  push(frame: Uint8Array): void {
    if (this.#ended) return;
    this.#waiting.push(frame);
    this.#bytes += frame.length;
    if (this.#bytes > mostBytes && this.#waiting.length > 1) this.#close();
    this.#wake?.();
  }

  /** Resolves when everything is on its way, or the stream has ended. */
  async drained(): Promise<void> {
    if (this.#waiting.length > 0 && !this.#ended) await new Promise<void>((resolve) => this.#drained.push(resolve));
  }

  /** Sends what is there and ends. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#wake?.();
    this.#onClose();
  }

  get ended(): boolean {
    return this.#ended;
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    if (this.#waiting.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
    const frame = this.#waiting.shift();
    if (frame) {
      this.#bytes -= frame.length;
      controller.enqueue(frame);
    } else controller.close();
    if (this.#waiting.length === 0) for (const resolve of this.#drained.splice(0)) resolve();
  }

  #close(): void {
    this.#waiting = [];
    this.#bytes = 0;
    for (const resolve of this.#drained.splice(0)) resolve();
    this.end();
  }
}
