/** What a search found in one phase's log. */
export interface LogHits {
  /** Lines that have the text, as far as was searched. */
  count: number;
  /** Numbers of the first 5,000 of them. */
  lines: number[];
  /** How the first 200 of them read, shortened. */
  texts: string[];
  /** Whether the log goes on after what was searched. */
  capped: boolean;
}

export const longestQuery = 200;
const mostLines = 5_000;
const mostTexts = 200;
/** Characters of a line that are searched: about what the page shows of it. */
const longestLine = 20_000;
const mostBytes = 2 ** 30;

export interface SearchLimits {
  /** Milliseconds; what was found until then is the answer. */
  time: number;
  /** Aborted when nobody waits for the answer any more. */
  signal: AbortSignal;
}

/**
 * Looks for a text, whatever its case, in the lines of a log as people see them: colours do not part a word. Holds one
 * chunk and the beginning of one line, so that a log of any length can be searched.
 */
export async function searchLog(
  chunks: AsyncIterable<Uint8Array>,
  query: string,
  limits: SearchLimits,
): Promise<LogHits> {
  const until = performance.now() + limits.time;
  const search: Search = {
    query: query.toLowerCase(),
    line: 1,
    hits: { count: 0, lines: [], texts: [], capped: false },
  };
  const decoder = new TextDecoder();
  let open = '';
  let read = 0;
  for await (const chunk of chunks) {
    const text = open + decoder.decode(chunk, { stream: true });
    const end = text.lastIndexOf('\n') + 1;
    lookThrough(search, text.slice(0, end));
    open = text.slice(end, end + longestLine);
    read += chunk.length;
    if (read > mostBytes || performance.now() > until || limits.signal.aborted) {
      return { ...search.hits, capped: true };
    }
  }
  lookThrough(search, open);
  return search.hits;
}

interface Search {
  query: string;
  /** Number of the next line. */
  line: number;
  hits: LogHits;
}

/** From hit to hit; lines without one are only counted. */
function lookThrough(search: Search, raw: string): void {
  const text = raw.includes('\u001b') || raw.includes('\r') ? withoutCodes(raw) : raw;
  const folded = text.toLowerCase();
  let at = 0;
  for (;;) {
    const hit = folded.indexOf(search.query, at);
    search.line += countNewlines(folded, at, hit === -1 ? folded.length : hit);
    if (hit === -1) return;
    takeHit(search.hits, search.line, () => lineAround(text, hit));
    const end = folded.indexOf('\n', hit);
    if (end === -1) return;
    search.line += 1;
    at = end + 1;
  }
}

function takeHit(hits: LogHits, line: number, text: () => string): void {
  hits.count += 1;
  if (hits.lines.length < mostLines) hits.lines.push(line);
  if (hits.texts.length < mostTexts) hits.texts.push(text());
}

function lineAround(text: string, at: number): string {
  const from = text.lastIndexOf('\n', at) + 1;
  const end = text.indexOf('\n', at);
  return text.slice(Math.max(from, at - 100), Math.min(end === -1 ? text.length : end, at + 300));
}

function countNewlines(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', from); at !== -1 && at < to; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

/** Sequences end with their line at the latest; a carriage return starts the line anew, unless nothing follows. */
function withoutCodes(text: string): string {
  const plain = text.replace(codes, '');
  return plain.includes('\r') ? plain.split('\n').map(lastState).join('\n') : plain;
}

function lastState(line: string): string {
  let end = line.length;
  while (line[end - 1] === '\r') end -= 1;
  return line.slice(line.lastIndexOf('\r', end - 1) + 1, end);
}

const [esc, bell] = ['\u001b', '\u0007'];
/** Colours and moves; titles, links and clipboard writes; the short ones. */
const codes = new RegExp(
  [`\\[[^\\n@-~]*[@-~]?`, `[\\]PX^_][^\\n${bell}${esc}]*(?:${bell}|${esc}\\\\)?`, '[ -/]*[0-~]?']
    .map((kind) => esc + kind)
    .join('|'),
  'g',
);
