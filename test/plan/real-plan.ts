import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Files of a configuration by name. */
export type Configuration = Record<string, string>;

/**
 * Plans with the real engine and gives the bytes of `show -json`. All configurations but the last are applied one
 * after the other; `between` changes the world (the state file) before the last one is planned.
 */
export function planJson(configurations: Configuration[], between: (directory: string) => void = () => {}): Uint8Array {
  const directory = mkdtempSync(join(tmpdir(), 'zenfra-plan-'));
  try {
    for (const [index, configuration] of configurations.entries()) {
      writeFiles(directory, configuration);
      terraform(directory, 'init', '-input=false');
      if (index < configurations.length - 1) terraform(directory, 'apply', '-auto-approve', '-input=false');
    }
    between(directory);
    terraform(directory, 'plan', '-input=false', '-out=saved.plan');
    return terraform(directory, 'show', '-json', 'saved.plan');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function writeFiles(directory: string, configuration: Configuration): void {
  rmSync(join(directory, 'main.tf'), { force: true });
  for (const [name, text] of Object.entries(configuration)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
}

function terraform(directory: string, ...args: string[]): Uint8Array {
  const env = { PATH: process.env.PATH, HOME: directory, CHECKPOINT_DISABLE: '1', TF_IN_AUTOMATION: '1' };
  return execFileSync('terraform', args, { cwd: directory, env, stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1e8 });
}
