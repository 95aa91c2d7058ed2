import type { Context } from 'hono';

export type Body = { ok: true; bytes: Buffer } | { ok: false; tooLarge: true };

/**
 * The request's body, never more than `maxBytes` of it in memory. A connection that ends in the middle throws, so that
 * half a state is never taken for one.
 */
export async function readBody(c: Context, maxBytes: number): Promise<Body> {
  const announced = Number(c.req.header('content-length') ?? 0);
  if (announced > maxBytes) return { ok: false, tooLarge: true };
  const stream = c.req.raw.body;
  if (!stream) return { ok: true, bytes: Buffer.alloc(0) };
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream as unknown as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > maxBytes) return { ok: false, tooLarge: true };
    chunks.push(chunk);
  }
  if (length < announced) throw new Error(`The request's body ended after ${length} of ${announced} bytes`);
  return { ok: true, bytes: Buffer.concat(chunks, length) };
}
