import type { Context } from 'hono';

interface Limits {
  /** Of one body. */
  maxBytes: number;
  /** A body that says it is no longer than this is read whatever others send. */
  smallBytes: number;
  /** Of all longer ones that are in hand at a time. */
  mostHeld: number;
}

/** Answers with what the body says. */
type Act = (body: Buffer) => Promise<Response>;

/**
 * Reads bodies of whoever sends them: that a signature does not fit is only known at a body's end, and without a bound to
 * all that are under way a few hundred connections fill the memory. Those that find no room are answered with 503, and
 * a webhook that meets this is sent for again.
 */
export function bodyReader({ maxBytes, smallBytes, mostHeld }: Limits): (c: Context, act: Act) => Promise<Response> {
  let held = 0;
  return async (c, act) => {
    const announced = Number(c.req.header('content-length') ?? Number.NaN);
    if (announced > maxBytes) return c.text(`A webhook has at most ${maxBytes} bytes.`, 413);
    if (announced <= smallBytes) return act(Buffer.from(await c.req.arrayBuffer()));
    const chunks: Uint8Array[] = [];
    let length = 0;
    try {
      for await (const chunk of (c.req.raw.body ?? []) as AsyncIterable<Uint8Array>) {
        length += chunk.length;
        held += chunk.length;
        if (length > maxBytes) return c.text(`A webhook has at most ${maxBytes} bytes.`, 413);
        if (held > mostHeld) return c.text(tooManySay, 503, { 'retry-after': '10' });
        chunks.push(chunk);
      }
      return await act(Buffer.concat(chunks, length));
    } finally {
      held -= length;
    }
  };
}

const tooManySay = 'Too many large webhooks are under way. Send it again.';
