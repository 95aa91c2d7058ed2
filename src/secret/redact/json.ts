/**
 * Hides secrets in a JSON text token by token, so that it stays JSON. Most plans hold none: then the bytes are looked at
 * once and given back as they are.
 */
export function redactJson(
  bytes: Uint8Array,
  secrets: { hides(bytes: Uint8Array): boolean; text(text: string): string },
): Uint8Array {
  if (!secrets.hides(bytes)) return bytes;
  const text = Buffer.from(bytes).toString();
  const shown: string[] = [];
  let from = 0;
  while (from < text.length) {
    const open = text.indexOf('"', from);
    const end = open === -1 ? text.length : open;
    shown.push(text.slice(from, end).replace(number, (one) => (secrets.text(one) === one ? one : '"***"')));
    from = open === -1 ? end : closingOf(text, open) + 1;
    if (open !== -1) shown.push(redactString(text.slice(open, from), secrets.text));
  }
  return Buffer.from(shown.join(''));
}

const number = /-?\d[\d.eE+-]*/g;

/** The quote that ends the string which begins there. */
function closingOf(text: string, open: number): number {
  for (let at = open + 1; ; at += 1) {
    const quote = text.indexOf('"', at);
    if (quote === -1) return text.length - 1;
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return quote;
    at = quote;
  }
}

function redactString(token: string, redact: (text: string) => string): string {
  const value = parse(token);
  if (value === undefined) return redact(token);
  const shown = redact(value);
  return shown === value ? token : JSON.stringify(shown);
}

function parse(token: string): string | undefined {
  try {
    return JSON.parse(token) as string;
  } catch {
    return undefined;
  }
}
