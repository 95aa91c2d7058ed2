import { rmSync } from 'node:fs';
import { chmod, cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';
import { findBinaries } from '../../src/db/embedded/binaries.ts';

let made: Promise<string[]> | undefined;

/**
 * The command line of `hold-postgres` for a user who may not be let into this checkout, such as one that root has made
 * with `mktemp -d`: Node, the program in one file, and PostgreSQL's package, where everybody can read them.
 */
export function holdForOthers(): Promise<string[]> {
  made ??= makeForOthers();
  return made;
}

async function makeForOthers(): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'zenfra-for-others-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  await chmod(directory, 0o755);
  const [node, program] = [join(directory, 'node'), join(directory, 'hold.mjs')];
  await cp(process.execPath, node);
  const root = join(import.meta.dirname, '../..');
  const installed = dirname((await findBinaries()).native);
  await cp(installed, join(directory, relative(root, installed)), { recursive: true });
  await build({
    entryPoints: [join(import.meta.dirname, 'hold-postgres.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    // pino and pg are CommonJS and ask for Node's own modules by require.
    banner: {
      js: "import * as nodeModule from 'node:module'; const require = nodeModule.createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  return [node, program];
}
