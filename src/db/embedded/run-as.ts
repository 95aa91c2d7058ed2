import { spawn } from 'node:child_process';
import { type Account, commandAs } from './account.ts';

/** Runs one of PostgreSQL's commands to its end; gives its exit code and what it printed. */
export async function runAs(
  account: Account,
  program: string,
  args: string[],
  libraries: string[],
): Promise<{ code: number; output: string }> {
  const { file, args: prefix, identity } = commandAs(account, program);
  return new Promise((done) => {
    const child = spawn(file, [...prefix, ...args], {
      ...identity,
      cwd: '/',
      env: serverEnvironment(libraries),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (bytes) => {
      output += bytes;
    });
    child.stderr.on('data', (bytes) => {
      output += bytes;
    });
    child.on('error', (error) => done({ code: -1, output: error.message }));
    child.on('close', (code, signal) => done({ code: code ?? -1, output: signal ? `${output}\n${signal}` : output }));
  });
}

/** Nothing of our own environment: `PG*` variables would change what the server does, and secrets are none of its business. */
export function serverEnvironment(libraries: string[]): Record<string, string> {
  const path = libraries.join(':');
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    LC_ALL: 'C',
    TZ: 'UTC',
    LD_LIBRARY_PATH: path,
    DYLD_LIBRARY_PATH: path,
  };
}
