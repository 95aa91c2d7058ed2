import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Environment, readUrl, shown } from './environment.ts';

/** Where engines come from that are not on the search path. */
export interface EngineSettings {
  /** Where they are kept. */
  directory: string;
  /** Null: they are not downloaded. */
  mirrors: { terraform: string | null; tofu: string | null };
  /** ASCII-armoured OpenPGP keys that count instead of those of the engines' makers. */
  keys: string | null;
}

/** As their makers have them; a mirror has the same layout. */
const terraformReleases = 'https://releases.hashicorp.com';
const tofuReleases = 'https://github.com/opentofu/opentofu/releases/download';

/** Where engines are downloaded from and kept, and whose signatures count. */
export function readEngines(env: Environment, dataDirectory: string): EngineSettings {
  return {
    directory: join(dataDirectory, 'engines'),
    mirrors: {
      terraform: readMirror(env, 'ZENFRA_TERRAFORM_MIRROR', terraformReleases),
      tofu: readMirror(env, 'ZENFRA_OPENTOFU_MIRROR', tofuReleases),
    },
    keys: readKeys(env),
  };
}

function readMirror(env: Environment, name: string, otherwise: string): string | null {
  if (env.get(name)?.toLowerCase() === 'off') return null;
  return readUrl(env, name, { otherwise, pathAllowed: true });
}

function readKeys(env: Environment): string | null {
  const path = env.get('ZENFRA_ENGINE_KEYS');
  if (path === undefined) return null;
  try {
    const text = readFileSync(path, 'utf8');
    if (text.includes('-----BEGIN PGP PUBLIC KEY BLOCK-----')) return text;
    env.problem(`ZENFRA_ENGINE_KEYS names the file ${shown(path)}, which holds no ASCII-armoured OpenPGP key.`);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    env.problem(
      `ZENFRA_ENGINE_KEYS names the file ${shown(path)}, which cannot be read (${code}). Check the path and its permissions.`,
    );
  }
  return null;
}
