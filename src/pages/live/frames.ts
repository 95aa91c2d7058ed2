const encoder = new TextEncoder();

export interface LiveEvent {
  event: 'log' | 'page' | 'changed' | 'ping' | 'end';
  /** Where the stream resumes after it. */
  id?: string;
  /** Written as JSON, so that it is one line. */
  data?: unknown;
}

/** An event as the wire has it. A browser drops one without data. */
export function frameOf({ event, id, data = null }: LiveEvent): Uint8Array {
  return encoder.encode(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}
