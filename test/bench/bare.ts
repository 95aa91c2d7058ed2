import { spawn } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pickInherited } from '../../src/execution/inherited-environment.ts';

/** What a person types for a plan that is to be read by a program. The state is the local backend's. */
const planCommands =
  'terraform init -input=false && terraform plan -input=false -out=saved.tfplan && terraform show -json saved.tfplan >plan.json';

/** Plans each directory in turn, in one shell. */
export async function planBare(directories: readonly string[], more: Record<string, string> = {}): Promise<void> {
  await runShell(directories.map((directory) => `(cd '${directory}' && ${planCommands})`).join(' && '), more);
}

/** The environment of the bare commands is that of ours, less what is about a run. */
export async function runShell(script: string, more: Record<string, string> = {}): Promise<void> {
  const env = { ...bareEnvironment(), ...more };
  const child = spawn('/bin/sh', ['-c', script], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-2000);
  });
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) throw new Error(`The baseline ended with ${code}: ${complaint}`);
}

function bareEnvironment(): Record<string, string> {
  return {
    ...pickInherited(process.env),
    HOME: process.env.HOME ?? '/',
    TF_IN_AUTOMATION: '1',
    CHECKPOINT_DISABLE: '1',
  };
}

/** Makes a directory anew with these files. */
export async function writeTree(directory: string, files: Record<string, string>): Promise<string> {
  await rm(directory, { recursive: true, force: true });
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
  return directory;
}
