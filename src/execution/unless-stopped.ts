import type { Execution } from './execution.ts';

/** Null when the run was stopped meanwhile: `over` is aborted then. What is awaited itself goes on: others want it too. */
export async function unlessStopped<T>(
  { sink, deadline }: Execution,
  want: (over: AbortSignal) => Promise<T>,
): Promise<T | null> {
  const over = new AbortController();
  const end = () => over.abort();
  const stopped = new Promise<null>((resolve) => over.signal.addEventListener('abort', () => resolve(null)));
  const timer = setTimeout(end, Math.max(0, Math.min(deadline - performance.now(), 2 ** 31 - 1)));
  sink.signal.addEventListener('abort', end);
  if (sink.signal.aborted) end();
  try {
    return await Promise.race([stopped, want(over.signal)]);
  } finally {
    clearTimeout(timer);
    sink.signal.removeEventListener('abort', end);
  }
}
