import { type HclToken, scanHcl } from './scan-hcl.ts';

/** What a configuration file says of its module's place among others. */
export interface ModuleFile {
  /** Where the modules come from that it uses from the same repository, as written: `./x`, `../y`. */
  sources: string[];
  /** It says where the state is kept, which only a root module can. */
  backend: boolean;
  /** It sets up a provider, which is a root module's to do, and was done in child modules of old. */
  provider: boolean;
  /** It holds resources, data sources or modules: something to plan. */
  manages: boolean;
}

const name = /^[^.].*\.(tf|tofu)(\.json)?$/;

/** Whether an engine reads a file of that name as configuration. What init has put beside it is none of the repository's. */
export function isModuleFile(path: string): boolean {
  return name.test(path.slice(path.lastIndexOf('/') + 1)) && !path.split('/').includes('.terraform');
}

export function readModuleFile(path: string, text: string): ModuleFile {
  // The engines take a byte order mark in HCL, and refuse it in JSON.
  const file = path.endsWith('.json') ? readJson(text) : readHcl(text.replace(/^\ufeff/, ''));
  return { ...file, sources: [...new Set(file.sources.filter((source) => /^\.\.?(\/|$)/.test(source)))] };
}

const managing = ['resource', 'data', 'module', 'ephemeral'];

function readHcl(text: string): ModuleFile {
  const file: ModuleFile = { sources: [], backend: false, provider: false, manages: false };
  let depth = 0;
  let block = '';
  let statement: HclToken[] = [];
  for (const token of scanHcl(text)) {
    if (token.kind !== 'open' && token.kind !== 'close' && token.kind !== 'newline') {
      // What a statement is shows at its beginning; the rest of a long list is not kept.
      if (depth < 2 && statement.length < 4) statement.push(token);
      continue;
    }
    if (depth === 1) note(file, block, { statement, opens: token.kind === 'open' });
    if (depth === 0 && token.kind === 'open') {
      block = statement[0]?.text ?? '';
      const labeled = statement[1]?.kind === 'string' || statement[1]?.kind === 'word';
      if (block === 'provider' && labeled) file.provider = true;
      if (managing.includes(block) && labeled) file.manages = true;
    }
    if (token.kind === 'open') depth += 1;
    if (token.kind === 'close') depth = Math.max(0, depth - 1);
    statement = [];
  }
  return file;
}

function note(file: ModuleFile, block: string, { statement, opens }: { statement: HclToken[]; opens: boolean }): void {
  const [first, second, third] = statement;
  if (first?.kind !== 'word') return;
  if (block === 'terraform' && opens && ['backend', 'cloud'].includes(first.text)) file.backend = true;
  const assigns = second?.kind === 'equals' && third?.kind === 'string';
  if (block === 'module' && first.text === 'source' && assigns) file.sources.push(third.text);
}

/** HCL reads an array of objects as a block said several times. */
function readJson(text: string): ModuleFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { sources: [], backend: false, provider: false, manages: false };
  }
  const sources = children(value, 'module')
    .flatMap(entriesOf)
    .flatMap((module) => children(module, 'source'))
    .filter((source) => typeof source === 'string');
  const settings = children(value, 'terraform');
  return {
    sources,
    backend: ['backend', 'cloud'].some((key) => settings.some((each) => children(each, key).length > 0)),
    provider: children(value, 'provider').length > 0,
    manages: managing.some((key) => children(value, key).length > 0),
  };
}

function children(value: unknown, key: string): unknown[] {
  return objectsOf(value).flatMap((object) => (Object.hasOwn(object, key) ? [Reflect.get(object, key)].flat() : []));
}

function entriesOf(value: unknown): unknown[] {
  return objectsOf(value).flatMap((object) => Object.values(object).flat());
}

/** Further down than anybody nests arrays; without an end they would be too many calls. */
const deepest = 100;

function objectsOf(value: unknown): object[] {
  return [value]
    .flat(deepest)
    .filter((one): one is object => typeof one === 'object' && one !== null && !Array.isArray(one));
}
