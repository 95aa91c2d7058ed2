import { createGunzip } from 'node:zlib';
import { Parser, type ReadEntry } from 'tar';
import { downloadArchive } from './archive.ts';
import { type GitHub, orUndefined, type RepositoryRef } from './github.ts';

export interface TreeFile {
  path: string;
  /** Of its content. */
  sha: string;
  /** Bytes. */
  size: number;
  /** A symbolic link: its content is the path it leads to. */
  link: boolean;
}

/** The files and links of a commit. Null where there are more than GitHub lists (docs: "Get a tree", 100,000 or 7 MB). */
export async function listTreeFiles(
  github: GitHub,
  repository: RepositoryRef,
  commit: string,
): Promise<TreeFile[] | null> {
  const found = await orUndefined(
    github.read(repository, (octokit, at) => octokit.rest.git.getTree({ ...at, tree_sha: commit, recursive: 'true' })),
  );
  if (!found || found.data.truncated) return null;
  return found.data.tree.flatMap(({ path, sha, size, mode }) =>
    modes.has(mode) ? [{ path, sha, size: size ?? 0, link: mode === linkMode }] : [],
  );
}

/** Git's own: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects */
const linkMode = '120000';
const modes = new Set<string | undefined>(['100644', '100755', linkMode]);

/** The text of a file by its content's id. */
export async function readBlob(github: GitHub, repository: RepositoryRef, sha: string): Promise<string> {
  const { data } = await github.read(repository, (octokit, at) => octokit.rest.git.getBlob({ ...at, file_sha: sha }));
  return Buffer.from(data.content, data.encoding === 'base64' ? 'base64' : 'utf8').toString('utf8');
}

/** Of an archive, unpacked. */
const mostBytes = 1024 * 1024 * 1024;
/** Of one file that is read. */
const largestFile = 1_000_000;

/**
 * Hands out the wanted files of a commit from its source archive, which is one download however many there are: those
 * that are in it, which need not be all (`export-ignore` in `.gitattributes`; a download that broke off). False where
 * the archive is too large to be looked through.
 */
export async function readArchiveFiles(
  github: GitHub,
  at: { repository: RepositoryRef; commit: string },
  take: { wants: (path: string) => boolean; file: (path: string, text: string) => void },
): Promise<boolean> {
  const archive = await downloadArchive(github, at.repository, at.commit);
  const unpacked = createGunzip();
  const parser = new Parser({ strict: false });
  let bytes = 0;
  parser.on('entry', (entry: ReadEntry) => {
    // GitHub puts all into one directory, named after the commit.
    const path = entry.path.slice(entry.path.indexOf('/') + 1);
    if (entry.type !== 'File' || entry.size > largestFile || !take.wants(path)) return entry.resume();
    const chunks: Buffer[] = [];
    entry.on('data', (chunk) => chunks.push(chunk));
    entry.on('end', () => take.file(path, Buffer.concat(chunks).toString('utf8')));
  });
  return new Promise((resolve, reject) => {
    const stop = (error: unknown) => {
      archive.destroy();
      unpacked.destroy();
      reject(error);
    };
    unpacked.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > mostBytes) {
        archive.destroy();
        unpacked.destroy();
        resolve(false);
      } else parser.write(chunk);
    });
    unpacked.on('end', () => parser.end());
    parser.on('end', () => resolve(true));
    for (const stream of [archive, unpacked]) stream.on('error', stop);
    archive.pipe(unpacked);
  });
}
