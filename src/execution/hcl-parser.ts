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
parentPort.on('message', async ({ id, text }) => {
  try { parentPort.postMessage({ id, value: await parse('configuration.tf', text) }); }
  catch (error) { parentPort.postMessage({ id, problem: String(error && error.message || error) }); }
});`;

const timeLimitMs = 10_000;

interface Reply {
  id: number;
  value?: unknown;
  problem?: string;
}

let current: Worker | null = null;
let count = 0;

/** The configuration as nested objects, blocks as arrays; undefined if the parser cannot read it. */
export async function parseHcl(text: string): Promise<unknown> {
  const thread = useThread();
  count += 1;
  const id = count;
  const reply = await ask(thread, { id, text });
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
  thread.setMaxListeners(0);
  thread.on('error', () => dropThread(thread));
  thread.on('exit', () => dropThread(thread));
  thread.unref();
  current = thread;
  return thread;
}

function ask(thread: Worker, question: { id: number; text: string }): Promise<Reply> {
  return new Promise((resolve) => {
    const settle = (reply: Reply) => {
      clearTimeout(timer);
      thread.off('message', receive);
      thread.off('exit', fail);
      resolve(reply);
    };
    const receive = (reply: Reply) => {
      if (reply.id === question.id) settle(reply);
    };
    const fail = () => settle({ id: question.id, problem: 'the parser ended' });
    const timer = setTimeout(fail, timeLimitMs);
    thread.on('message', receive);
    thread.on('exit', fail);
    thread.postMessage(question);
  });
}

function dropThread(thread: Worker): void {
  if (current === thread) current = null;
  void thread.terminate();
}
