import { delimiter, isAbsolute } from 'node:path';
import { type Environment, readChoice, readNumber, shown } from './environment.ts';

/** How runs are kept apart from the worker and from each other. */
export interface IsolationSettings {
  kind: (typeof kinds)[number];
  /** More that a run may read, and write; absolute paths. */
  readable: string[];
  writable: string[];
  /** Of each process of a run; 0 is no limit. */
  limits: { memoryMb: number; processes: number };
}

const kinds = ['auto', 'bubblewrap', 'user', 'none'] as const;

/** How runs are kept apart, and what they may use. */
export function readIsolation(env: Environment): IsolationSettings {
  return {
    kind: readChoice(env, 'ZENFRA_ISOLATION', kinds, 'auto'),
    readable: readPaths(env, 'ZENFRA_RUN_PATHS'),
    writable: readPaths(env, 'ZENFRA_RUN_WRITABLE_PATHS'),
    limits: {
      memoryMb: readNumber(env, 'ZENFRA_RUN_MEMORY_MB', { least: 0, most: 1_000_000, otherwise: 8192 }),
      processes: readNumber(env, 'ZENFRA_RUN_PROCESSES', { least: 0, most: 1_000_000, otherwise: 4096 }),
    },
  };
}

function readPaths(env: Environment, name: string): string[] {
  const paths = (env.get(name) ?? '').split(delimiter).filter((path) => path !== '');
  for (const path of paths) {
    if (isAbsolute(path) && path !== '/') continue;
    env.problem(`${name} holds ${shown(path)}; it must be a list of absolute paths with "${delimiter}" between them.`);
  }
  return paths;
}
