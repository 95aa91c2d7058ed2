import { invisible, quote } from './quote.ts';

const longestGlob = 256;
/** Two wildcards cost a regular expression the square of a name's length at worst, and names are at most 255 long. */
const wildcardsPerName = 2;
const alternativesPerName = 16;

/**
 * Why a glob cannot be used, as the end of a sentence; null if it can. The language is what stays fast on any input:
 * `*`, `?`, `[abc]` and one `{a,b}` within a name, and `**` for any number of directories.
 */
export function checkGlob(pattern: string): string | null {
  const shown = quote(pattern);
  const glob = pattern.startsWith('!') ? pattern.slice(1) : pattern;
  if (glob === '') return `${shown} is empty. Write a glob such as infra/network/**.`;
  if (glob.length > longestGlob) return `${shown} has ${glob.length} characters; at most ${longestGlob} are allowed.`;
  if (invisible.test(glob)) return `${shown} holds a character that cannot be seen. Type the glob again.`;
  if (glob.startsWith('/')) return `${shown} begins with "/". Globs start at the repository's root: leave the "/" out.`;
  if (/[\\()|"]/.test(glob)) {
    return `${shown} holds one of \\ ( ) | ", which are not part of our globs. Use * ? [abc] {a,b} and **.`;
  }
  const names = glob.replace(/\/$/, '').split('/');
  return (
    names
      .map(checkName)
      .find((problem) => problem !== null)
      ?.replace('%', shown) ?? null
  );
}

function checkName(name: string): string | null {
  if (name === '' || name === '.' || name === '..') return '% has an empty, "." or ".." part. Leave it out.';
  if (name === '**') return null;
  if (name.includes('**')) return '% has "**" beside other characters. Let it stand alone, as in modules/**/main.tf.';
  if (name.split('*').length - 1 > wildcardsPerName) {
    return `% has more than ${wildcardsPerName} "*" in one name. Use fewer, or two globs.`;
  }
  if (!/^[^{}[\]]*(\[[^{}[\]]+\][^{}[\]]*)*$/.test(withoutBraces(name))) {
    return '% has brackets or braces that do not close, are nested, span a "/" or come twice in one name. Use several globs.';
  }
  if (name.split('*').length > 2 && name.includes('{')) {
    return '% has two "*" and braces in one name. Use several globs.';
  }
  const alternatives = /\{([^{}]*)\}/.exec(name)?.[1];
  if (alternatives === undefined) return null;
  if (alternatives.includes('..')) return '% has a range in braces. List the alternatives, as in {a,b}.';
  if (alternatives.split(',').length > alternativesPerName) {
    return `% has more than ${alternativesPerName} alternatives in braces. Use several globs.`;
  }
  return null;
}

function withoutBraces(name: string): string {
  return name.replace(/\{[^{}[\]]*\}/, '');
}
