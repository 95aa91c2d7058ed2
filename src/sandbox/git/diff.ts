import { type GitDirectory, once, runGit } from './run.ts';

export interface ChangedFile {
  /** Object id of the file's content after the change, before it if the file was removed. */
  sha: string;
  filename: string;
  previousFilename?: string;
  status: 'added' | 'removed' | 'modified' | 'renamed' | 'changed';
  additions: number;
  deletions: number;
  /** Hunks as GitHub shows them; absent for binary and for very large files. */
  patch?: string;
}

const MAX_PATCH_LENGTH = 1_000_000;

/** What changed between two commits or trees, renames found, in git's order (by path). */
export function changedFiles(git: GitDirectory, from: string, to: string): Promise<ChangedFile[]> {
  return once(git, `diff ${from} ${to}`, async () => {
    if (from === to) return [];
    const [listing, patches] = await Promise.all([
      runGit(git, ['diff-tree', '-r', '-M', '-z', '--no-abbrev', '--raw', '--numstat', from, to]),
      // Without -z, so that odd names are quoted and a line that starts with "diff --git" can only be a header.
      runGit(git, ['diff-tree', '-r', '-M', '-p', '--no-ext-diff', '--no-textconv', '--no-color', from, to]),
    ]);
    return withPatches(parseListing(listing.stdout), patches.stdout.toString('utf8'));
  });
}

type Listed = ChangedFile & { typeChanged: boolean };

function parseListing(bytes: Buffer): Listed[] {
  const tokens = bytes.toString('utf8').split('\0');
  const files: Listed[] = [];
  let at = 0;
  const next = () => tokens[at++] ?? '';
  while (tokens[at]?.startsWith(':')) {
    const [, , before = '', after = '', status = ''] = next().split(' ');
    const path = next();
    const renamed = status.startsWith('R');
    files.push({
      sha: status === 'D' ? before : after,
      filename: renamed ? next() : path,
      ...(renamed ? { previousFilename: path } : {}),
      status: statusOf(status),
      additions: 0,
      deletions: 0,
      typeChanged: status === 'T',
    });
  }
  for (const file of files) {
    const [added, deleted, path] = next().split('\t');
    // A rename has its two names in tokens of their own.
    if (path === '') at += 2;
    file.additions = Number(added) || 0;
    file.deletions = Number(deleted) || 0;
  }
  return files;
}

function statusOf(letter: string): ChangedFile['status'] {
  if (letter === 'A') return 'added';
  if (letter === 'D') return 'removed';
  if (letter.startsWith('R')) return 'renamed';
  return letter === 'T' ? 'changed' : 'modified';
}

function withPatches(files: Listed[], text: string): ChangedFile[] {
  // Not a regular expression with the m flag: that takes a lone carriage return in a file's text for a new line.
  const sections = `\n${text}`.split('\ndiff --git ').slice(1);
  return files.map(({ typeChanged, ...file }) => {
    // A file that becomes a link is shown as removed and added again.
    const section = typeChanged ? [sections.shift(), sections.shift()].join('') : (sections.shift() ?? '');
    const start = section.indexOf('\n@@ ');
    if (start < 0 || section.length > MAX_PATCH_LENGTH) return file;
    return { ...file, patch: section.slice(start + 1).replace(/\n$/, '') };
  });
}
