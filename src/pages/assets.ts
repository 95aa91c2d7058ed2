import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Hono } from 'hono';

const types: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
};

interface Asset {
  bytes: Uint8Array<ArrayBuffer>;
  type: string;
}

const assets = readAssets();
/** One hash for all: scripts import each other by their names, and a module must have one address, or it runs twice. */
const hash = hashAll(assets);

/** The address of a static file with a hash of all content in it, so that a browser may keep it for ever. Throws on an unknown name. */
export function assetUrl(name: string): string {
  if (!assets.has(name)) throw new Error(`There is no asset "${name}"; there are ${[...assets.keys()].join(', ')}`);
  return `/assets/${hash}/${name}`;
}

/** Serves `/assets/<hash>/<name>`. Only names that were read at the start exist, so that no path can leave the folder. */
export function assetRoutes(): Hono {
  return new Hono().get('/:hash/:name', (c) => {
    const asset = assets.get(c.req.param('name'));
    if (!asset) return c.notFound();
    const current = hash === c.req.param('hash');
    c.header('Content-Type', asset.type);
    c.header('Cache-Control', current ? 'public, max-age=31536000, immutable' : 'no-cache');
    return c.body(asset.bytes);
  });
}

function readAssets(): Map<string, Asset> {
  const directory = findDirectory();
  const paths = readdirSync(directory).map((name) => join(directory, name));
  // A built program has all scripts in one.
  if (existsSync(join(directory, 'live.js')))
    paths.push(fileURLToPath(import.meta.resolve('idiomorph/dist/idiomorph.esm.js')));
  return new Map(paths.map((path) => [basename(path), readAsset(path)]));
}

function readAsset(path: string): Asset {
  const bytes = new Uint8Array(readFileSync(path));
  return { bytes, type: types[extname(path)] ?? 'application/octet-stream' };
}

function hashAll(all: Map<string, Asset>): string {
  const sum = createHash('sha256');
  for (const [name, { bytes }] of [...all].sort()) sum.update(`${name}\0`).update(bytes);
  return sum.digest('hex').slice(0, 12);
}

/**
 * From source, the files are in `views/assets`. A built program is one file and expects them in `assets` beside it:
 * the build copies the folder there.
 */
function findDirectory(): string {
  const places = ['./assets/', '../../views/assets/'].map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const found = places.find((place) => existsSync(join(place, 'zenfra.css')));
  if (found === undefined) throw new Error(`The pages' static files are missing; looked in ${places.join(' and ')}`);
  return found;
}
