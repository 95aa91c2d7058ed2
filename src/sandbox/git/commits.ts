import { type GitDirectory, once, runGit } from './run.ts';

export interface GitPerson {
  name: string;
  email: string;
  /** ISO 8601 in UTC, whole seconds. */
  date: string;
}

export interface GitCommit {
  sha: string;
  tree: string;
  parents: string[];
  author: GitPerson;
  committer: GitPerson;
  message: string;
}

/** The commit with this full object id; undefined if the repository has no such commit. */
export async function readCommit(git: GitDirectory, sha: string): Promise<GitCommit | undefined> {
  const object = await git.objects.read(sha);
  if (object?.type !== 'commit') return undefined;
  return once(git, `commit ${sha}`, async () => parseCommit(object.sha, object.body.toString('utf8')));
}

/** As readCommit, for a commit that must be there. */
export async function getCommit(git: GitDirectory, sha: string): Promise<GitCommit> {
  const known = git.memo.get(`commit ${sha}`) as Promise<GitCommit> | undefined;
  const commit = await (known ?? readCommit(git, sha));
  if (!commit) throw new Error(`The repository at ${git.path} has no commit ${sha}`);
  return commit;
}

/** The commits reachable from `until` and not from `since` (all of its history without `since`), newest first. */
export function listCommits(git: GitDirectory, until: string, since?: string): Promise<string[]> {
  return once(git, `list ${since} ${until}`, async () => {
    const range = since === undefined ? [until] : [until, `^${since}`];
    const { stdout } = await runGit(git, ['rev-list', '--topo-order', ...range]);
    return stdout.toString().split('\n').filter(Boolean);
  });
}

/** Where two commits parted; undefined if they share no history. */
export function mergeBase(git: GitDirectory, a: string, b: string): Promise<string | undefined> {
  return once(git, `base ${a} ${b}`, async () => {
    const { stdout } = await runGit(git, ['merge-base', a, b], { accept: [1] });
    return stdout.toString().trim() || undefined;
  });
}

function parseCommit(sha: string, text: string): GitCommit {
  const split = text.indexOf('\n\n');
  const headers = (split < 0 ? text : text.slice(0, split)).split('\n');
  const value = (name: string) => headers.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1) ?? '';
  return {
    sha,
    tree: value('tree'),
    parents: headers.filter((line) => line.startsWith('parent ')).map((line) => line.slice('parent '.length)),
    author: parsePerson(value('author')),
    committer: parsePerson(value('committer')),
    message: split < 0 ? '' : text.slice(split + 2).replace(/\n$/, ''),
  };
}

function parsePerson(line: string): GitPerson {
  const match = /^(.*?) ?<(.*?)> (\d+) [+-]\d{4}$/.exec(line);
  const date = new Date(Number(match?.[3] ?? 0) * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
  return { name: match?.[1] ?? '', email: match?.[2] ?? '', date };
}
