export type Variables = Record<string, string | undefined>;

/**
 * A set of variables and what is wrong with them so far. A reader that reports a problem returns anything of the right
 * type: with one problem nothing that was read is used.
 */
export interface Environment {
  /** Without the blanks around it; undefined if unset or empty, which shells make hard to tell apart. */
  get(name: string): string | undefined;
  problem(sentence: string): void;
}

export function collectProblems(variables: Variables): { env: Environment; problems: string[] } {
  const problems: string[] = [];
  const get = (name: string) => givenIn(variables, name);
  return { env: { get, problem: (sentence) => problems.push(sentence) }, problems };
}

/** `variables`, and of `otherwise` those that are unset or empty there. */
export function completeBy(variables: Variables, otherwise: Variables): Variables {
  const unset = Object.entries(otherwise).filter(([name]) => givenIn(variables, name) === undefined);
  return { ...variables, ...Object.fromEntries(unset) };
}

function givenIn(variables: Variables, name: string): string | undefined {
  return variables[name]?.trim() || undefined;
}

/** Reads a whole number from `least` to `most`. */
export function readNumber(env: Environment, name: string, range: { least: number; most: number; otherwise: number }) {
  const text = env.get(name);
  if (text === undefined) return range.otherwise;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= range.least && value <= range.most) return value;
  env.problem(
    `${name} is ${shown(text)}; it must be a whole number from ${range.least} to ${range.most}. Unset, it is ${range.otherwise}.`,
  );
  return range.otherwise;
}

/** Reads one of a few words. */
export function readChoice<T extends string>(env: Environment, name: string, choices: readonly T[], otherwise: T): T {
  const text = env.get(name);
  if (text === undefined) return otherwise;
  const choice = choices.find((word) => word === text.toLowerCase());
  if (choice === undefined)
    env.problem(`${name} is ${shown(text)}; it must be one of ${choices.join(', ')}. Unset, it is ${otherwise}.`);
  return choice ?? otherwise;
}

/** Reads an http(s) address and returns it without a slash at its end; `pathAllowed` is for addresses below a path. */
export function readUrl(env: Environment, name: string, options: { otherwise: string; pathAllowed?: boolean }): string {
  const text = env.get(name);
  if (text === undefined) return options.otherwise;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    env.problem(
      `${name} is ${shown(withoutPassword(text))}; it must be an address such as https://zenfra.example.com.`,
    );
    return options.otherwise;
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    env.problem(`${name} holds a user, a query or a fragment. Leave only the address: ${url.origin}.`);
  }
  if (url.pathname !== '/' && !options.pathAllowed) {
    env.problem(
      `${name} has the path ${shown(url.pathname)}; pages are served at the root of a host. Use ${url.origin}.`,
    );
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

/** A value as a message may show it: on one line and cut. Never for a secret. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

/** Such as `(12 characters, not shown)`: enough to notice an empty or cut paste. */
export function sized(secret: string): string {
  return `(${secret.length} characters, not shown)`;
}

function withoutPassword(text: string): string {
  return text.replace(/\/\/[^/@]*@/, '//…@');
}
