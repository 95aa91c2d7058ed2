import { quote } from './quote.ts';

const patch = String.raw`\d{1,3}(-(alpha|beta|rc)\.?\d{1,9})?`;
const minor = String.raw`\d{1,3}\.\d{1,3}(\.${patch})?`;
const any = String.raw`\d{1,3}(\.\d{1,3}(\.${patch})?)?`;
const term = `((=|!=|>=?|<=?) ?${any}|~> ?${minor})`;

/** A version, or at most five comparisons between commas. Nothing in it can reach a shell, a path or a URL. */
export const versionPattern = new RegExp(`^(${minor}|${term}( ?, ?${term}){0,4})$`);

/** Why a text is neither a version nor a constraint, as the end of a sentence; null if it is one. */
export function checkVersion(version: string): string | null {
  if (versionPattern.test(version)) return null;
  return `${quote(version)} is not a version. Write one such as "1.11.4", "1.11" for any of its patches, or a constraint such as "~> 1.11" or ">= 1.9, < 2".`;
}
