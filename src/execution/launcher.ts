import { type ChildProcess, spawn } from 'node:child_process';

/** What is to be started: as `child_process.spawn` takes it, in a session of its own, its output to files. */
export interface Launch {
  /** The program's path, then its arguments. */
  argv: string[];
  cwd: string;
  env: Record<string, string>;
  /** Appended to. */
  output: string;
  /** The same file, or another. */
  errors: string;
}

export interface Launched {
  pid: number;
  /** The exit code, or null if a signal ended it; `unseen` when the launcher was lost, so that nobody was told. */
  ended: Promise<number | null | 'unseen'>;
}

/**
 * A fork copies the page tables of whoever forks, and each page that is written afterwards faults once: with the 300 MB
 * of a busy worker that is 6 to 10 ms of processor time for a spawn, and about as much again until all is settled. From this
 * process, which is small and does nothing else, it is 2. It ignores the signals that end the worker, and ends with it.
 */
const program = `
const { spawn } = require('node:child_process');
const { openSync, closeSync } = require('node:fs');
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
process.on('disconnect', () => process.exit());
process.on('message', ({ id, argv, cwd, env, output, errors }) => {
  const tell = (message) => process.connected && process.send({ id, ...message });
  const files = [];
  try {
    for (const path of errors === output ? [output] : [output, errors]) files.push(openSync(path, 'a', 0o600));
    const [file, ...args] = argv;
    const child = spawn(file, args, { cwd, env, detached: true, stdio: ['ignore', files[0], files.at(-1)] });
    child.on('error', ({ message }) => tell({ failed: message }));
    child.on('exit', (code) => tell({ ended: code }));
    if (child.pid !== undefined) tell({ pid: child.pid });
  } catch ({ message }) {
    tell({ failed: message });
  } finally {
    for (const file of files) closeSync(file);
  }
});
`;

interface Waiting {
  started(pid: number): void;
  ended(code: number | null | 'unseen'): void;
  failed(why: string): void;
}

interface Launcher {
  process: ChildProcess;
  waiting: Map<number, Waiting>;
}

let launcher: Launcher | undefined;
let launches = 0;

/** Starts a program from the launcher, which is started by the first call. Rejects when the program cannot be started. */
export function launch(wanted: Launch): Promise<Launched> {
  launcher ??= startLauncher();
  const { process, waiting } = launcher;
  const id = launches++;
  return new Promise((resolve, reject) => {
    const ended = Promise.withResolvers<number | null | 'unseen'>();
    waiting.set(id, {
      started: (pid) => resolve({ pid, ended: ended.promise }),
      ended: ended.resolve,
      failed: (why) => reject(new Error(`${wanted.argv[0]} could not be started: ${why}`)),
    });
    process.send({ id, ...wanted });
    hold(process, waiting);
  });
}

function startLauncher(): Launcher {
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], env: {} });
  const waiting: Launcher['waiting'] = new Map();
  child.on('message', (message: { id: number; pid?: number; ended?: number | null; failed?: string }) => {
    const one = waiting.get(message.id);
    if (message.pid !== undefined) return one?.started(message.pid);
    if (message.failed === undefined) one?.ended(message.ended ?? null);
    else one?.failed(message.failed);
    waiting.delete(message.id);
    hold(child, waiting);
  });
  const lost = () => {
    if (launcher?.process === child) launcher = undefined;
    for (const one of waiting.values()) {
      one.failed('the process that starts others is gone');
      one.ended('unseen');
    }
    waiting.clear();
  };
  child.on('exit', lost);
  child.on('error', lost);
  hold(child, waiting);
  return { process: child, waiting };
}

/** As with a child of one's own, this process does not end before what it waits for has; the launcher alone keeps nobody. */
function hold(child: ChildProcess, waiting: Launcher['waiting']): void {
  if (waiting.size > 0) {
    child.ref();
    child.channel?.ref();
  } else {
    child.unref();
    child.channel?.unref();
  }
}
