import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';

/**
 * hcl2json is Go compiled to WebAssembly. A file of 200,000 nested brackets ends the Go program for good, and every
 * later call in that process with it; so it lives in a thread of its own, which is thrown away after any failure.
 * Loading takes 0.15 s, a file 1 ms: the thread is kept while it works, and made only when a file needs it.
 */
const threadCode = `
const { parentPort, workerData } = require('node:worker_threads');
const { parse } = require(workerData);
parentPort.on('message', async (text) => {
  try { parentPort.postMessage({ value: await parse('configuration.tf', text) }); }
  catch (error) { parentPort.postMessage({ problem: String(error && error.message || error) }); }
});`;

const timeLimitMs = 10_000;

interface Reply {
  value?: unknown;
  problem?: string;
}

let current: Worker | null = null;
let last: Promise<unknown> = Promise.resolve();

/**
 * The configuration as nested objects, blocks as arrays; undefined if the parser cannot read it. One after the other:
 * what ends the thread is the file it has, and the time limit is of that file alone. Others belong to other runs.
 */
export function parseHcl(text: string): Promise<unknown> {
  const parsed = last.then(() => parseNext(text));
  last = parsed.then(
    () => undefined,
    () => undefined,
  );
  return parsed;
}

async function parseNext(text: string): Promise<unknown> {
  const thread = useThread();
  const reply = await ask(thread, text);
  if (reply.problem !== undefined) {
    if (!reply.problem.startsWith('parse config')) dropThread(thread);
    return undefined;
  }
  return reply.value;
}

function useThread(): Worker {
  if (current !== null) return current;
  const module = createRequire(import.meta.url).resolve('@cdktf/hcl2json');
  // stderr is taken and not shown: Go prints its whole stack there when it ends.
  const thread = new Worker(threadCode, {
    eval: true,
    workerData: module,
    env: {},
    execArgv: [],
    stdout: true,
    stderr: true,
  });
  thread.on('error', () => dropThread(thread));
  thread.on('exit', () => dropThread(thread));
  thread.unref();
  current = thread;
  return thread;
}

function ask(thread: Worker, text: string): Promise<Reply> {
  return new Promise((resolve) => {
    const settle = (reply: Reply) => {
      clearTimeout(timer);
      thread.off('message', settle);
      thread.off('exit', fail);
      resolve(reply);
    };
    const fail = () => settle({ problem: 'the parser ended' });
    const timer = setTimeout(fail, timeLimitMs);
    thread.on('message', settle);
    thread.on('exit', fail);
    thread.postMessage(text);
  });
}

function dropThread(thread: Worker): void {
  if (current === thread) current = null;
  void thread.terminate();
}
