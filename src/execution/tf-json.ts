/** Where a key stands in a JSON document. */
export interface KeyPlace {
  /** Names of the objects' keys down to it; arrays add nothing, as HCL reads them as repeated blocks. */
  path: string[];
  /** 1-based. */
  line: number;
}

const token = /"(?:[^"\\]|\\.)*"|[{}:]|\n/gs;

/**
 * Every key down to `depth`, duplicates included: `JSON.parse` keeps the last of two equal keys, HCL reads both, so a
 * block could hide behind an empty twin. Throws a `SyntaxError` when the text is not JSON.
 */
export function listJsonKeys(text: string, depth: number): KeyPlace[] {
  JSON.parse(text);
  const places: KeyPlace[] = [];
  const path: string[] = [];
  let level = 0;
  let line = 1;
  let last: { text: string; line: number } | null = null;
  for (const [found] of text.matchAll(token)) {
    if (found === '\n') line += 1;
    else if (found.startsWith('"')) last = { text: found, line };
    else if (found === '{') level += 1;
    else if (found === '}') level -= 1;
    else if (found === ':' && last !== null && level <= depth) {
      path.length = level - 1;
      path.push(JSON.parse(last.text) as string);
      places.push({ path: [...path], line: last.line });
    }
  }
  return places;
}
