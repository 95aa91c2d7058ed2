/** One token of HCL, as far as blocks and plain attributes are told by it. */
export interface HclToken {
  kind: 'word' | 'string' | 'open' | 'close' | 'equals' | 'newline' | 'other';
  /** Of a string what stands between its quotes. */
  text: string;
}

const simple = /[ \t\r]+|#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|[A-Za-z_][\w-]*|[\s\S]/y;
const heredoc = /<<-?([A-Za-z_][\w-]*)\r?\n/y;
const kinds: Record<string, HclToken['kind']> = { '{': 'open', '}': 'close', '=': 'equals', '\n': 'newline' };

/**
 * The tokens of a configuration, in time linear in its length whatever it holds. It is no parser: what is no HCL gives
 * tokens too, since the engine is the one to complain.
 */
export function* scanHcl(text: string): Generator<HclToken> {
  for (let at = 0; at < text.length; ) {
    if (text[at] === '"') {
      const end = endOfString(text, at);
      yield { kind: 'string', text: text.slice(at + 1, end - 1) };
      at = end;
      continue;
    }
    heredoc.lastIndex = at;
    const here = text[at] === '<' ? heredoc.exec(text) : null;
    if (here) {
      at = endOfHeredoc(text, heredoc.lastIndex, here[1] ?? '');
      yield { kind: 'other', text: '' };
      continue;
    }
    simple.lastIndex = at;
    const found = simple.exec(text)?.[0] ?? '';
    at += Math.max(found.length, 1);
    if (/^[A-Za-z_]/.test(found)) yield { kind: 'word', text: found };
    else if (!/^([ \t\r]|#|\/\/|\/\*)/.test(found)) yield { kind: kinds[found] ?? 'other', text: found };
  }
}

/** Past the closing quote. What is interpolated may hold strings of its own, and so on. */
function endOfString(text: string, start: number): number {
  const open: ('"' | '{')[] = ['"'];
  let at = start + 1;
  while (at < text.length && open.length > 0) {
    const char = text[at];
    const inString = open.at(-1) === '"';
    if (inString && char === '\\') at += 1;
    else if (inString && (char === '$' || char === '%') && text[at + 1] === char) at += 1;
    else if (inString && (char === '$' || char === '%') && text[at + 1] === '{') {
      open.push('{');
      at += 1;
    } else if (char === '"') {
      if (inString) open.pop();
      else open.push('"');
    } else if (!inString && char === '{') open.push('{');
    else if (!inString && char === '}') open.pop();
    at += 1;
  }
  return Math.min(at, text.length);
}

/** Past the line that holds nothing but the word. */
function endOfHeredoc(text: string, start: number, word: string): number {
  for (let at = start; at < text.length; ) {
    const newline = text.indexOf('\n', at);
    const end = newline === -1 ? text.length : newline;
    if (end - at <= word.length + 200 && text.slice(at, end).trim() === word) return end;
    at = end + 1;
  }
  return text.length;
}
