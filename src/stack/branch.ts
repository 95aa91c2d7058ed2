import { invisible, quote } from './quote.ts';

const longestBranch = 255;

/**
 * Why a text cannot be a branch's name by git's own rules (git-check-ref-format), as the end of a sentence; null if it
 * can. Names that look like shell text are fine: they are compared and shown, never run.
 */
export function checkBranch(branch: string): string | null {
  const malformed =
    branch === '' ||
    branch === '@' ||
    branch.length > longestBranch ||
    invisible.test(branch) ||
    /[ ~^:?*[\\]|\.\.|@\{|\/\/|^[-/]|[/.]$/.test(branch) ||
    branch.split('/').some((part) => part.startsWith('.') || part.endsWith('.lock'));
  return malformed ? `${quote(branch)} is not a branch's name. Write it as git shows it, such as main.` : null;
}
