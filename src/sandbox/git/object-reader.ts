import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';

export interface GitObject {
  sha: string;
  type: 'commit' | 'tree' | 'blob' | 'tag';
  body: Buffer;
}

interface Waiting {
  resolve: (object: GitObject | undefined) => void;
  reject: (error: Error) => void;
}

/**
 * Reads objects and refs through one long-lived `git cat-file --batch`: a process per look-up would cost some
 * milliseconds each, this costs a tenth of one. git stays the only truth; nothing about refs is remembered here.
 */
export class ObjectReader {
  #path: string;
  #env: NodeJS.ProcessEnv;
  #child: ChildProcessWithoutNullStreams | undefined;
  #waiting: Waiting[] = [];
  #chunks: Buffer[] = [];
  #length = 0;
  #needed = 1;

  constructor(path: string, env: NodeJS.ProcessEnv) {
    this.#path = path;
    this.#env = env;
  }

  /** Any name git understands: an object id, `refs/heads/main`, `<sha>^{tree}`. Undefined if there is no such thing. */
  read(name: string): Promise<GitObject | undefined> {
    if (/[\0\n]/.test(name)) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#process().stdin.write(`${name}\n`);
    });
  }

  close(): void {
    this.#child?.stdin.end();
    this.#child = undefined;
  }

  #process(): ChildProcessWithoutNullStreams {
    if (this.#child) return this.#child;
    const child = spawn('git', ['--git-dir', this.#path, 'cat-file', '--batch'], { env: this.#env });
    child.stdout.on('data', (chunk: Buffer) => this.#take(chunk));
    child.stderr.resume();
    child.stdin.on('error', () => {});
    child.on('error', (cause) =>
      this.#fail(new Error('git could not be started. Is it installed and on PATH?', { cause })),
    );
    child.on('exit', () => this.#fail(new Error(`git cat-file ended while ${this.#path} was being read`)));
    this.#child = child;
    return child;
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#length < this.#needed) return;
    let rest: Buffer = Buffer.concat(this.#chunks);
    this.#needed = 1;
    for (;;) {
      const answer = parseAnswer(rest);
      if ('needed' in answer) {
        this.#needed = answer.needed;
        break;
      }
      this.#waiting.shift()?.resolve(answer.object);
      rest = rest.subarray(answer.end);
    }
    this.#chunks = [rest];
    this.#length = rest.length;
  }

  #fail(error: Error): void {
    this.#child = undefined;
    this.#chunks = [];
    this.#length = 0;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
  }
}

function parseAnswer(bytes: Buffer): { needed: number } | { object: GitObject | undefined; end: number } {
  const newline = bytes.indexOf(10);
  if (newline < 0) return { needed: bytes.length + 1 };
  const header = /^([0-9a-f]{40}) (commit|tree|blob|tag) (\d+)$/.exec(bytes.toString('latin1', 0, newline));
  if (!header) return { object: undefined, end: newline + 1 };
  const start = newline + 1;
  const end = start + Number(header[3]);
  if (bytes.length < end + 1) return { needed: end + 1 };
  // Copied, so that a small object does not keep the whole chunk alive in a cache.
  const body = Buffer.from(bytes.subarray(start, end));
  return { object: { sha: header[1] ?? '', type: header[2] as GitObject['type'], body }, end: end + 1 };
}
