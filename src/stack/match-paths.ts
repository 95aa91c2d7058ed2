import picomatch from 'picomatch';

/** A file of the repository; its names are split off once, when the first glob needs them. */
export interface RepositoryPath {
  text: string;
  names(): string[];
}

/** What matching may still cost, in steps of some 20 ns. Below zero its user should stop asking. */
export interface Work {
  stepsLeft: number;
}

type PathMatcher = (path: RepositoryPath) => boolean;

/** A compiled list of globs, the last matching one deciding. */
export interface Watch {
  takes: PathMatcher;
  /** No path is taken but these and what is below them; `''` is the whole repository. */
  directories: string[];
}

const anyDirectories = Symbol('**');
const anyName = Symbol('*');
type NameMatcher = string | NamePattern | typeof anyName | typeof anyDirectories;

interface NamePattern {
  regex: RegExp;
  /** Two or more wildcards cost the square of the name's length. */
  squared: boolean;
}

/** Compiling a regular expression, in the steps of `Work`. */
const compileSteps = 1_000;

/** What file systems allow. A longer name cannot be checked out, so only a plain `*` or `**` takes it. */
const longestName = 255;

export function repositoryPath(text: string): RepositoryPath {
  let names: string[] | undefined;
  return { text, names: () => (names ??= text.split('/')) };
}

/**
 * Compiles lists of checked globs (`checkGlob`). A glob that several stacks share is compiled once and asked once a
 * path. Whole paths are never given to one regular expression: those backtrack over `**`, and some paths are hostile.
 */
export function createCompiler(work: Work): (globs: string[]) => Watch {
  const compiled = new Map<string, CompiledGlob>();
  const compile = (glob: string) => {
    const known = compiled.get(glob) ?? compileGlob(glob, work);
    compiled.set(glob, known);
    return known;
  };
  return (globs) => {
    const rules = globs.map((glob) => {
      const excludes = glob.startsWith('!');
      return { excludes, ...compile(excludes ? glob.slice(1) : glob) };
    });
    return {
      takes: (path) => {
        work.stepsLeft -= rules.length;
        return rules.findLast((rule) => rule.matches(path))?.excludes === false;
      },
      directories: rules.filter((rule) => !rule.excludes).map((rule) => rule.directory),
    };
  };
}

interface CompiledGlob {
  matches: PathMatcher;
  directory: string;
}

function compileGlob(glob: string, work: Work): CompiledGlob {
  const names = (glob.endsWith('/') ? `${glob}**` : glob).split('/').map(compileName);
  const magic = names.findIndex((name) => typeof name !== 'string');
  if (magic === -1) return { matches: (path) => path.text === glob, directory: glob };
  const directory = names.slice(0, magic).join('/');
  const isBelow = ({ text }: RepositoryPath) =>
    directory === '' ||
    (text.startsWith(directory) && (text.length === directory.length || text[directory.length] === '/'));
  if (magic === names.length - 1 && names[magic] === anyDirectories) return { matches: isBelow, directory };
  work.stepsLeft -= names.length * compileSteps;
  return { matches: rememberLast((path) => isBelow(path) && matchNames(names, path.names(), work)), directory };
}

function compileName(name: string): NameMatcher {
  if (name === '**') return anyDirectories;
  if (name === '*') return anyName;
  if (!/[*?[{]/.test(name)) return name;
  // Dot files count (.terraform.lock.hcl), "!" and "(" mean themselves, and a newline is a character like others.
  const options = { dot: true, nonegate: true, noextglob: true, windows: false, flags: 's' };
  return { regex: picomatch.makeRe(name, options), squared: name.split('*').length > 2 };
}

/**
 * After a mismatch only the last `**` needs to take one more name: what an earlier one could gain, the last one gains
 * too. So the work is at most names of the glob times names of the path.
 */
function matchNames(glob: NameMatcher[], path: string[], work: Work): boolean {
  let at = 0;
  let retryGlob = -1;
  let retryPath = 0;
  for (let i = 0; i < path.length; ) {
    const matcher = glob[at];
    work.stepsLeft -= 1;
    if (matcher === anyDirectories) {
      retryGlob = at++;
      retryPath = i;
    } else if (matcher !== undefined && matchName(matcher, path[i] ?? '', work)) {
      at++;
      i++;
    } else if (retryGlob !== -1) {
      at = retryGlob + 1;
      i = ++retryPath;
    } else return false;
  }
  while (glob[at] === anyDirectories) at++;
  return at === glob.length;
}

function matchName(matcher: string | NamePattern | typeof anyName, name: string, work: Work): boolean {
  if (typeof matcher === 'string') return matcher === name;
  if (matcher === anyName) return true;
  if (name.length > longestName) return false;
  work.stepsLeft -= matcher.squared ? name.length ** 2 / 64 : name.length / 8;
  return matcher.regex.test(name);
}

function rememberLast(matcher: PathMatcher): PathMatcher {
  let asked: RepositoryPath | undefined;
  let answer = false;
  return (path) => {
    if (path !== asked) {
      answer = matcher(path);
      asked = path;
    }
    return answer;
  };
}
