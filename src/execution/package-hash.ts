import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The hash of an unpacked provider as lock files have it (`h1:`): over the sha256 and name of each file, in the order
 * of the names' bytes. Go's module checksums define it (golang.org/x/mod/sumdb/dirhash, Hash1). Throws for a package
 * that holds anything but files.
 */
export async function hashPackage(directory: string): Promise<string> {
  const names = await listFiles(directory, '');
  names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const all = createHash('sha256');
  for (const name of names) all.update(`${await hashFile(join(directory, name))}  ${name}\n`);
  return `h1:${all.digest('base64')}`;
}

async function listFiles(directory: string, below: string): Promise<string[]> {
  const names: string[] = [];
  for (const found of await readdir(join(directory, below), { withFileTypes: true })) {
    const name = below === '' ? found.name : `${below}/${found.name}`;
    if (found.isDirectory()) names.push(...(await listFiles(directory, name)));
    else if (found.isFile()) names.push(name);
    else throw new Error(`${join(directory, name)} is no file`);
  }
  return names;
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
