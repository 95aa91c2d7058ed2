import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseHcl } from './hcl-parser.ts';
import { listJsonKeys } from './tf-json.ts';

export interface OwnBackend {
  /** Name in the root module. */
  file: string;
  line: number;
  /** The block's word. */
  word: 'backend' | 'cloud';
  /** Plans are made elsewhere then (`cloud`, `backend "remote"`), and cannot be saved to be approved. */
  plansElsewhere: boolean;
}

export interface BackendSearch {
  found: OwnBackend | null;
  /** Files that may hold a backend and cannot be read: the engine must not see a credential together with them. */
  unreadable: string[];
}

const word = /\b(backend|cloud)\b/;
/** In bytes. No one writes such a file by hand, and the parser would take minutes. */
export const largestConfiguration = 5_000_000;

/**
 * Looks for a `backend` or `cloud` block in the root module, in every file that Terraform or OpenTofu would read there,
 * override files included. Terraform sets up the backend before it reports a broken file, so this must come first.
 */
export async function findBackend(module: string): Promise<BackendSearch> {
  const unreadable: string[] = [];
  for (const file of (await readdir(module)).sort()) {
    if (!isConfiguration(file)) continue;
    const text = await readConfiguration(join(module, file));
    if (text === null) continue;
    const search = /\.json$/.test(file) ? searchJson(text) : await searchHcl(text);
    if (search === 'unreadable') unreadable.push(file);
    else if (search !== null) return { found: { file, ...search }, unreadable };
  }
  return { found: null, unreadable };
}

/** Names that the engines read, without those that they skip as editors' leftovers. */
export function isConfiguration(file: string): boolean {
  return /\.(tf|tofu)(\.json)?$/.test(file) && !file.startsWith('.');
}

async function readConfiguration(path: string): Promise<string | null> {
  const found = await stat(path).catch(() => null);
  if (found === null || !found.isFile()) return null;
  return found.size > largestConfiguration ? 'backend: too large to be read' : readFile(path, 'utf8');
}

type Place = Omit<OwnBackend, 'file'>;

function searchJson(text: string): Place | 'unreadable' | null {
  try {
    const keys = listJsonKeys(text, 3);
    for (const { path, line } of keys) {
      const [block, key] = path;
      if (block !== 'terraform' || (key !== 'backend' && key !== 'cloud')) continue;
      const isRemote = keys.some(({ path: other }) => other.join('.') === 'terraform.backend.remote');
      return { word: key, line, plansElsewhere: key === 'cloud' || isRemote };
    }
    return null;
  } catch {
    return 'unreadable';
  }
}

/** A text without either word cannot hold the block: HCL has no escapes in its keywords. Most files end here. */
async function searchHcl(text: string): Promise<Place | 'unreadable' | null> {
  if (!word.test(text)) return null;
  const parsed = await parseHcl(text);
  if (typeof parsed !== 'object' || parsed === null) return 'unreadable';
  const found = findBlock(parsed);
  return found === null || found === 'unreadable' ? found : { ...found, line: await findLine(text, found.word) };
}

function findBlock(parsed: object): Omit<Place, 'line'> | 'unreadable' | null {
  if (!('terraform' in parsed)) return null;
  const blocks = parsed.terraform;
  // An argument of that name, or a block with a label, hides the real block from this parser but not from the engine.
  if (!Array.isArray(blocks)) return 'unreadable';
  for (const block of blocks) {
    if (typeof block !== 'object' || block === null) return 'unreadable';
    if ('backend' in block) {
      const { backend } = block;
      const isRemote = typeof backend === 'object' && backend !== null && 'remote' in backend;
      return { word: 'backend', plansElsewhere: isRemote };
    }
    if ('cloud' in block) return { word: 'cloud', plansElsewhere: true };
  }
  return null;
}

/**
 * The parser tells no lines. So each place of the word is spelled differently in turn: the one without which the block
 * is gone is the one, whatever comments and strings hold the same word. Nearly every block begins its line, and the
 * parser may take seconds for a large file: so these come first, and not all are tried.
 */
async function findLine(text: string, block: 'backend' | 'cloud'): Promise<number> {
  const placesOf = (pattern: string) =>
    [...text.matchAll(new RegExp(pattern, 'gm'))].map((match) => match.index + (match[1]?.length ?? 0));
  const places = [...placesOf(`^([ \\t]*)${block}\\b`), ...placesOf(`\\b${block}\\b`)];
  const before = await countBlocks(text, block);
  for (const place of [...new Set(places)].slice(0, mostTries)) {
    const changed = `${text.slice(0, place)}${'x'.repeat(block.length)}${text.slice(place + block.length)}`;
    if ((await countBlocks(changed, block)) < before) return lineOf(text, place);
  }
  return lineOf(text, places[0] ?? 0);
}

const mostTries = 10;

async function countBlocks(text: string, block: 'backend' | 'cloud'): Promise<number> {
  const parsed = await parseHcl(text);
  const blocks = typeof parsed === 'object' && parsed !== null && 'terraform' in parsed ? parsed.terraform : [];
  return Array.isArray(blocks) ? blocks.filter((each) => each?.[block] !== undefined).length : 0;
}

function lineOf(text: string, place: number): number {
  return text.slice(0, place).split('\n').length;
}
