import { invisible, quote } from './quote.ts';

export const longestPath = 512;

/** `./infra//network/` → `infra/network`; the root is `.`. Keeps `..`, which only `resolveWithin` can judge. */
export function normalizePath(path: string): string {
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.');
  return segments.join('/') || '.';
}

/** Why a stack's path cannot be used, as the end of a sentence that starts with the field's name; null if it can. */
export function checkStackPath(path: string): string | null {
  const problem = checkPlainPath(path);
  if (problem) return problem;
  if (path.split('/').includes('..')) {
    return `${quote(path)} leaves its directory by "..". Give the path from the repository's root, such as infra/network.`;
  }
  return null;
}

/** As `checkStackPath`; a var file may go up, and `resolveWithin` tells whether it stays inside the repository. */
export function checkVarFile(path: string): string | null {
  const problem = checkPlainPath(path);
  if (problem) return problem;
  if (normalizePath(path) === '.' || path.endsWith('/') || path.endsWith('..')) {
    return `${quote(path)} is a directory. Name a file relative to the stack's path, such as prod.tfvars.`;
  }
  return null;
}

/** The path from the repository's root of a file named relative to a directory; null if it lies outside. */
export function resolveWithin(directory: string, path: string): string | null {
  const resolved: string[] = [];
  for (const segment of normalizePath(`${directory}/${path}`).split('/')) {
    if (segment !== '..') resolved.push(segment);
    else if (resolved.pop() === undefined) return null;
  }
  return resolved.join('/') || '.';
}

function checkPlainPath(path: string): string | null {
  const shown = quote(path);
  if (path === '') return 'is empty. Write "." for the repository\'s root.';
  if (path.length > longestPath) return `${shown} has ${path.length} characters; at most ${longestPath} are allowed.`;
  if (invisible.test(path)) return `${shown} holds a character that cannot be seen. Type the path again.`;
  if (path.includes('\\')) return `${shown} holds a backslash. Separate directories with "/".`;
  if (path.startsWith('/') || /^[a-z]:/i.test(path)) {
    return `${shown} is absolute. Give it relative, without the leading "/".`;
  }
  if (normalizePath(path).startsWith('-')) {
    return `${shown} begins with "-", which a command line reads as an option. Rename the directory or file.`;
  }
  if (/[*?[\]{}!]/.test(path))
    return `${shown} holds one of * ? [ ] { } !, which globs use. Name one path in plain text.`;
  return null;
}
