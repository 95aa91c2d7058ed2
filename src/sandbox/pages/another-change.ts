import { findEntry, readBlob } from '../git/trees.ts';
import { filesOfPull } from '../shapes/pull-request.ts';
import type { PullRequest, Repository } from '../store.ts';

interface Change {
  path: string;
  content: string;
  message: string;
}

/**
 * Something sensible to push to a pull request: the first number in a `.tf` file that it changes is raised by one, or a
 * comment is added where there is none. Undefined if it changes no such file.
 */
export async function anotherChange(repository: Repository, pull: PullRequest): Promise<Change | undefined> {
  const files = (await filesOfPull(repository, pull)).filter((file) => file.status !== 'removed');
  const file = files.find((candidate) => candidate.filename.endsWith('.tf'));
  const entry = file && (await findEntry(repository.git, pull.head.sha, file.filename));
  const text = entry && (await readBlob(repository.git, entry.sha))?.toString('utf8');
  if (!file || text === undefined) return undefined;
  const content = raiseFirstNumber(text) ?? `${text}# Changed again at ${new Date().toISOString()}\n`;
  return { path: file.filename, content, message: `Change ${file.filename} again` };
}

function raiseFirstNumber(text: string): string | undefined {
  const match = /(=[^\n#]*?)(\d{1,9})/.exec(text);
  if (!match) return undefined;
  const at = match.index + (match[1]?.length ?? 0);
  const digits = match[2] ?? '';
  return text.slice(0, at) + (Number(digits) + 1) + text.slice(at + digits.length);
}
