import { spawn } from 'node:child_process';
import type { ObjectReader } from './object-reader.ts';

/** One bare repository and what is needed to talk to it. */
export interface GitDirectory {
  /** Absolute path of the bare repository. */
  path: string;
  env: NodeJS.ProcessEnv;
  objects: ObjectReader;
  /** Answers that can never change, since their keys are object ids. */
  memo: Map<string, Promise<unknown>>;
}

interface GitInput {
  input?: string | Buffer;
  env?: Record<string, string>;
  /** Where git works, if that matters. */
  cwd?: string;
  /** Exit codes besides 0 that are an answer and no error. */
  accept?: number[];
}

interface GitOutput {
  code: number;
  stdout: Buffer;
}

/**
 * The environment for every git of the sandbox: nothing of the machine's or the user's configuration gets in, so that a
 * developer's hooks, signing or aliases cannot change what the sandbox does.
 */
export function isolatedGitEnv(home: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: home,
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
  };
}

/** Runs git on a repository. Throws with git's own words unless it exits with 0 or an accepted code. */
export async function runGit(git: GitDirectory, args: string[], given: GitInput = {}): Promise<GitOutput> {
  const child = spawn('git', ['--git-dir', git.path, ...args], { cwd: given.cwd, env: { ...git.env, ...given.env } });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  // git may exit before it has read everything; its exit code tells what happened, not the broken pipe.
  child.stdin.on('error', () => {});
  child.stdin.end(given.input ?? '');
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', (cause) =>
      reject(new Error('git could not be started. Is it installed and on PATH?', { cause })),
    );
    child.on('close', (exit) => resolve(exit ?? -1));
  });
  if (code !== 0 && !given.accept?.includes(code)) {
    throw new Error(`git ${args[0]} failed with exit code ${code}: ${Buffer.concat(stderr).toString().trim()}`);
  }
  return { code, stdout: Buffer.concat(stdout) };
}

/** Computes an answer once per key. Only for keys made of object ids: what they name never changes. */
export function once<T>(git: GitDirectory, key: string, compute: () => Promise<T>): Promise<T> {
  const known = git.memo.get(key);
  if (known) return known as Promise<T>;
  const answer = compute();
  git.memo.set(key, answer);
  answer.catch(() => git.memo.delete(key));
  return answer;
}
