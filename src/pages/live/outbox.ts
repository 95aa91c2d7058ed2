/** What a slow reader may leave lying here. Then the stream is ended: the page comes back and reads on from the database. */
const mostBytes = 4 * 1024 * 1024;

/** Frames that wait, in order, and how much they are. */
class Frames {
  #frames: Uint8Array[] = [];
  #bytes = 0;

  add(frame: Uint8Array): void {
    this.#frames.push(frame);
    this.#bytes += frame.length;
  }

  take(): Uint8Array | undefined {
    const frame = this.#frames.shift();
    this.#bytes -= frame?.length ?? 0;
    return frame;
  }

  takeAll(): Uint8Array[] {
    this.#bytes = 0;
    return this.#frames.splice(0);
  }

  get areNone(): boolean {
    return this.#frames.length === 0;
  }

  get areTooMany(): boolean {
    return this.#bytes > mostBytes && this.#frames.length > 1;
  }
}

/** The frames on their way to one reader, given out as fast as it takes them. */
export class Outbox {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #waiting = new Frames();
  readonly #held = new Frames();
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
    this.#waiting.add(frame);
    if (this.#waiting.areTooMany) this.#close();
    this.#wake?.();
  }

  /** Keeps a frame back until `release`: it comes behind those that are pushed before. */
  hold(frame: Uint8Array): void {
    if (this.#ended) return;
    this.#held.add(frame);
    if (this.#held.areTooMany) this.#close();
  }

  release(): void {
    for (const frame of this.#held.takeAll()) this.push(frame);
  }

  /** Resolves when everything is on its way, or the stream has ended. */
  async drained(): Promise<void> {
    if (!this.#waiting.areNone && !this.#ended) await new Promise<void>((resolve) => this.#drained.push(resolve));
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
    if (this.#waiting.areNone && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
    const frame = this.#waiting.take();
    if (frame) controller.enqueue(frame);
    else controller.close();
    if (this.#waiting.areNone) for (const resolve of this.#drained.splice(0)) resolve();
  }

  #close(): void {
    this.#waiting.takeAll();
    this.#held.takeAll();
    for (const resolve of this.#drained.splice(0)) resolve();
    this.end();
  }
}
