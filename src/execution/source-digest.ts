import { createHash } from 'node:crypto';

/** One file or link of a source. Directories have no line of their own: git knows none that are empty. */
export interface SourceEntry {
  /** Relative, with forward slashes. */
  path: string;
  kind: 'file' | 'program' | 'link';
  /** sha256 in hex of the bytes, or of the link's target. */
  sha256: string;
}

/**
 * One digest over names, modes and content. Each line begins with fields of fixed width and ends with NUL, which no
 * name can hold, so two different sources cannot give the same text.
 */
export function digestEntries(entries: readonly SourceEntry[]): string {
  const lines = entries.map((entry) => Buffer.from(`${entry.kind} ${entry.sha256} ${entry.path}\0`));
  lines.sort(Buffer.compare);
  const hash = createHash('sha256');
  for (const line of lines) hash.update(line);
  return hash.digest('hex');
}
