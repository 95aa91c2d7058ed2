import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateMasterKey, type MasterKey, parseMasterKey } from './envelope.ts';

/**
 * The master key that an installation with the embedded database keeps beside it, made at the first start. Whoever
 * copies the data directory has both: on a server of its own, set ZENFRA_SECRET_KEY and keep it elsewhere.
 */
export async function keepKey(dataDirectory: string, former: MasterKey[] = []): Promise<MasterKey> {
  const path = join(dataDirectory, 'secret-key');
  await mkdir(dataDirectory, { recursive: true });
  const known = await readFile(path, 'utf8').catch(() => undefined);
  if (known !== undefined) return parseMasterKey(known.trim(), former);
  // Written whole before it gets its name, which only one of two starting processes can give.
  const partial = `${path}.${process.pid}`;
  await writeFile(partial, `${generateMasterKey()}\n`, { mode: 0o600 });
  await chmod(partial, 0o600);
  await link(partial, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(partial);
  return parseMasterKey((await readFile(path, 'utf8')).trim(), former);
}
