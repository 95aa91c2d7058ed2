import { type Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseAllDocuments, visit } from 'yaml';
import type { ConfigError } from './definition.ts';

export interface Place {
  line: number;
  column: number;
}

export interface YamlSource {
  value: unknown;
  /** Where the value at `path` begins, or the nearest thing above it that exists; with `key`, where that key stands. */
  place(path: readonly PropertyKey[], key?: string): Place;
  /** A scalar as the file has it, where its value no longer shows that: `1.10` is the number 1.1. */
  written(path: readonly PropertyKey[]): string | undefined;
}

const largestFile = 256 * 1024;
/** Aliases may repeat this many values in all: some for comfort, too few for a bomb. */
const mostAliases = 100;
const mostSyntaxErrors = 20;
const tooManyAliases = 'Aliases ("*…") repeat too much. Write the values out, or use the defaults block.';

/**
 * Reads one YAML 1.2 document of plain data: core schema, unique keys that are text, no tags. Everything else is an
 * error with its place, so that what is read is what a person sees in the file.
 */
export function readYaml(text: string): { ok: true; source: YamlSource } | { ok: false; errors: ConfigError[] } {
  if (text.length > largestFile) {
    return refuse([
      problem({ line: 1, column: 1 }, `zenfra.yml has ${text.length} characters; at most ${largestFile} are read.`),
    ]);
  }
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    version: '1.2',
    schema: 'core',
    // Checked below: the library compares every key with every other, which takes seconds for a large file.
    uniqueKeys: false,
    stringKeys: true,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const [document, second] = documents;
  if (document === undefined) {
    return refuse([
      problem({ line: 1, column: 1 }, 'zenfra.yml is empty. Name at least one stack, or remove the file.'),
    ]);
  }
  const locate = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const errors = [
    ...syntaxErrors(document, locate),
    ...repeatedKeys(document, locate),
    ...featureErrors(document, locate),
  ];
  if (second) {
    errors.push(
      problem(locate(second.range[0]), 'zenfra.yml holds a second document. Remove the "---" and what follows.'),
    );
  }
  return errors.length > 0 ? refuse(errors) : readValue(document, locate);
}

type Locate = (offset: number) => Place;

function syntaxErrors(document: Document.Parsed, locate: Locate): ConfigError[] {
  // Nested too deeply, the parser reports each level on its own: the first says it all.
  const exhausted = document.errors.find((error) => error.code === 'RESOURCE_EXHAUSTION');
  if (exhausted) {
    return [
      problem(locate(exhausted.pos[0]), 'This is nested more deeply than any zenfra.yml needs. Use plain mappings.'),
    ];
  }
  return document.errors
    .slice(0, mostSyntaxErrors)
    .map((error) => problem(locate(error.pos[0]), `This is not YAML: ${error.message}.`));
}

function repeatedKeys(document: Document.Parsed, locate: Locate): ConfigError[] {
  const errors: ConfigError[] = [];
  visit(document, {
    Map(_key, map) {
      const seen = new Set<string>();
      for (const pair of map.items) {
        const name = keyOf(pair);
        if (name === undefined || !seen.has(name)) seen.add(name ?? '');
        else
          errors.push(
            problem(locate(startOf(pair.key) ?? 0), 'This key stands twice in the same mapping. Remove one of them.'),
          );
      }
    },
  });
  return errors.slice(0, mostSyntaxErrors);
}

/** Tags, and more aliases than are resolved: each costs a walk through the document, so their number is bounded first. */
function featureErrors(document: Document.Parsed, locate: Locate): ConfigError[] {
  const errors: ConfigError[] = [];
  let aliases = 0;
  visit(document, {
    Node(_key, node) {
      const place = locate(node.range?.[0] ?? 0);
      if (isAlias(node) && ++aliases > mostAliases) {
        errors.push(problem(place, tooManyAliases));
        return visit.BREAK;
      }
      if (!('tag' in node) || typeof node.tag !== 'string') return undefined;
      errors.push(problem(place, 'YAML tags ("!…") are not read. Write the value without one.'));
      return errors.length >= mostSyntaxErrors ? visit.BREAK : undefined;
    },
  });
  return errors;
}

function readValue(document: Document.Parsed, locate: Locate): ReturnType<typeof readYaml> {
  const place = (path: readonly PropertyKey[], key?: string) =>
    locate(key === undefined ? findOffset(document, path, false) : findOffset(document, [...path, key], true));
  const written = (path: readonly PropertyKey[]) => {
    const found = document.getIn(path, true);
    const node = isAlias(found) ? found.resolve(document) : found;
    return isScalar(node) ? node.source : undefined;
  };
  try {
    return { ok: true, source: { value: document.toJS({ maxAliasCount: mostAliases }), place, written } };
  } catch (error) {
    // The library throws a ReferenceError for an alias without its anchor and for a bomb alike, without a position.
    if (!(error instanceof ReferenceError)) throw error;
    const advice = error.message.includes('count')
      ? tooManyAliases
      : 'This alias ("*…") has no anchor ("&…") before it. Write the value out.';
    return refuse([problem(locate(offendingAlias(document)), advice)]);
  }
}

/** Of a bomb, its first alias; else the one that resolves to nothing. */
function offendingAlias(document: Document.Parsed): number {
  let first: number | undefined;
  let dangling: number | undefined;
  visit(document, {
    Alias(_key, alias) {
      first ??= alias.range?.[0];
      if (alias.resolve(document) !== undefined) return undefined;
      dangling = alias.range?.[0];
      return visit.BREAK;
    },
  });
  return dangling ?? first ?? 0;
}

/** A scalar is found by itself, all else by its key: a mapping's own start is the first line inside it. */
function findOffset(document: Document.Parsed, steps: readonly PropertyKey[], wantsKey: boolean): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const step of steps) {
    const found = findChild(isAlias(node) ? node.resolve(document) : node, step);
    if (found === undefined) return offset;
    offset = startOf(found.key) ?? startOf(found.value) ?? offset;
    node = found.value;
  }
  return wantsKey || !isScalar(node) || node.value === null ? offset : (startOf(node) ?? offset);
}

type Child = { key: unknown; value: unknown };
const children = new WeakMap<object, Map<string | undefined, Child>>();

/** Keys are looked up once for each error, so a mapping's are indexed. */
function findChild(container: unknown, step: PropertyKey): Child | undefined {
  if (isMap(container)) {
    const known = children.get(container) ?? new Map(container.items.map((pair) => [keyOf(pair), pair]));
    children.set(container, known);
    return known.get(String(step));
  }
  const value = isSeq(container) ? container.items[Number(step)] : undefined;
  return value === undefined ? undefined : { key: undefined, value };
}

function keyOf({ key }: Child): string | undefined {
  return isScalar(key) ? String(key.value) : undefined;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

function problem(place: Place, message: string): ConfigError {
  return { ...place, message, field: '' };
}

function refuse(errors: ConfigError[]): { ok: false; errors: ConfigError[] } {
  return { ok: false, errors };
}
