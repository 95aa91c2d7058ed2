import type { GitPerson } from './commits.ts';
import { type GitDirectory, runGit } from './run.ts';

/** A file to be written: its content, or content with a mode (120000 makes a link to that path), or null to delete it. */
export type FileChange = string | Buffer | null | { content: string | Buffer; mode: '100644' | '100755' | '120000' };

/** Paths to changes. A list of pairs where a path is bytes that are no UTF-8. */
export type FileChanges =
  | Record<string, FileChange>
  | readonly (readonly [path: string | Buffer, change: FileChange])[];

interface NewCommit {
  /** Full ref name, moved even if that is no fast-forward. */
  ref: string;
  /** Absent for a first commit. */
  parent?: string;
  files: FileChanges;
  message: string;
  author: GitPerson;
}

/** Writes blobs, trees, the commit and the ref with one git process, and returns the commit's id. */
export async function writeCommit(git: GitDirectory, commit: NewCommit): Promise<string> {
  const { stdout } = await runGit(git, ['fast-import', '--quiet', '--force', '--date-format=raw'], {
    input: fastImportStream(commit),
  });
  return stdout.toString().trim();
}

function fastImportStream(commit: NewCommit): Buffer {
  const person = personLine(commit.author);
  const parts: (string | Buffer)[] = [
    `commit ${commit.ref}\nmark :1\nauthor ${person}\ncommitter ${person}\n`,
    ...data(commit.message),
    commit.parent ? `from ${commit.parent}\n` : '',
  ];
  const pairs = Array.isArray(commit.files) ? commit.files : Object.entries(commit.files);
  for (const [path, change] of pairs as readonly (readonly [string | Buffer, FileChange])[]) {
    parts.push(...fileCommand(path, change));
  }
  parts.push('\nget-mark :1\n');
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
}

function fileCommand(path: string | Buffer, change: FileChange): (string | Buffer)[] {
  if (change === null) return [`D ${quotePath(path)}\n`];
  const plain = typeof change === 'string' || Buffer.isBuffer(change);
  const { content, mode } = plain ? { content: change, mode: '100644' } : change;
  return [`M ${mode} inline ${quotePath(path)}\n`, ...data(content)];
}

function data(content: string | Buffer): (string | Buffer)[] {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return [`data ${bytes.length}\n`, bytes, '\n'];
}

/** C-style quotes with octal escapes: every byte that a file name can have gets through, newlines included. */
function quotePath(path: string | Buffer): string {
  let quoted = '';
  for (const byte of Buffer.from(path)) {
    const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
    quoted += plain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`;
  }
  return `"${quoted}"`;
}

function personLine(person: GitPerson): string {
  const name = person.name.replace(/[<>\n\0]/g, '');
  return `${name} <${person.email.replace(/[<>\n\0]/g, '')}> ${Math.floor(Date.parse(person.date) / 1000)} +0000`;
}
