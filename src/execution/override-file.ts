import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isConfiguration } from './find-backend.ts';
import { readOwnFile } from './workspace.ts';

/** `local` is for what nobody keeps: it is empty, and gone with the work directory. */
type OwnBackend = 'http' | 'local';

function content(backend: OwnBackend): string {
  return `# Written by Zenfra, which decides where the state is.\nterraform {\n  backend "${backend}" {}\n}\n`;
}

/**
 * Writes the backend's override file, under a name that sorts after every other override file of the directory: the
 * engine merges them by name, and the last one holds. Returns the name, or null if a file there has the last of all names.
 */
export async function writeOverrideFile(module: string, backend: OwnBackend): Promise<string | null> {
  const name = chooseOverrideName(await readdir(module));
  if (name === null) return null;
  // 'wx': a file of the repository is never overwritten, and a link of that name not followed.
  await writeFile(join(module, name), content(backend), { flag: 'wx', mode: 0o600 });
  return name;
}

/** Bytes are compared, as the engine does; names hold at most 255 of them. */
export function chooseOverrideName(files: readonly string[]): string | null {
  const others = files.filter(isOverride).map((file) => Buffer.from(file));
  for (let length = 0; length < 60; length += 1) {
    const name = length === 0 ? 'zenfra_override.tf' : `${'\u{10ffff}'.repeat(length)}_override.tf`;
    const bytes = Buffer.from(name);
    if (others.every((other) => Buffer.compare(other, bytes) < 0)) return name;
  }
  return null;
}

function isOverride(file: string): boolean {
  return isConfiguration(file) && /(^|_)override\.(tf|tofu)(\.json)?$/.test(file);
}

/**
 * What init recorded, read back: anything but our backend with nothing configured means that another file won.
 * Returns the sentence to refuse with, or null.
 */
export async function checkRecordedBackend(module: string, wanted: OwnBackend): Promise<string | null> {
  const backend = await readRecordedBackend(module);
  if (backend === undefined) return 'After init no backend was recorded, so the state would not be kept by Zenfra.';
  if (backend.type !== wanted) {
    return `After init the backend is "${backend.type}" and not Zenfra's. Remove the backend from the configuration.`;
  }
  const set = Object.entries(backend.config).filter(([, value]) => value !== null);
  if (set.length === 0) return null;
  const names = set.map(([name]) => name).join(', ');
  return `After init the backend has settings of the repository's own (${names}). Remove them from the configuration.`;
}

/** The backend that init has set up; undefined if none. */
export async function readRecordedBackend(module: string): Promise<{ type: string; config: object } | undefined> {
  const bytes = await readOwnFile(join(module, '.terraform', 'terraform.tfstate'), 1_000_000);
  return bytes === null ? undefined : readBackend(Buffer.from(bytes).toString());
}

function readBackend(text: string): { type: string; config: object } | undefined {
  const recorded: unknown = JSON.parse(text);
  const backend = isObject(recorded) ? recorded.backend : undefined;
  if (!isObject(backend) || typeof backend.type !== 'string') return undefined;
  return { type: backend.type, config: isObject(backend.config) ? backend.config : {} };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
