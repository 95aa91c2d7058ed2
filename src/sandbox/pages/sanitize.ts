/** What may stand in a comment, and with which attributes; everything else becomes visible text. */
const ALLOWED: Record<string, readonly string[]> = {
  ...{ p: ['class'], h1: [], h2: [], h3: [], h4: [], h5: [], h6: [], hr: [], br: [], blockquote: [], div: ['class'] },
  ...{ ul: [], ol: [], li: [], pre: [], code: ['class'], span: ['class'], kbd: [], samp: [] },
  ...{ b: [], strong: [], i: [], em: [], s: [], del: [], ins: [], sub: [], sup: [], a: ['href'] },
  ...{ table: [], thead: [], tbody: [], tr: [], th: ['align'], td: ['align'], details: ['open'], summary: [] },
};

const EMPTY_TAGS = ['br', 'hr'];
const CLASSES = /^(language-[\w-]+|diff-(add|remove|change|note)|alert|alert alert-[a-z]+|alert-title)$/;
const COMMENT_OR_TAG = /<!--[\s\S]*?(?:-->|$)|<(\/?)([a-z][a-z0-9]*)((?:\s[^<>]*)?)>/gi;

/**
 * Lets through only allowed tags, written anew from what was understood of them, and balances them, so that a comment
 * cannot reach out of its box. Works on finished HTML, Markdown's own included: one gate, whatever led to it.
 */
export function sanitize(html: string): string {
  const open: string[] = [];
  let out = '';
  let at = 0;
  for (const match of html.matchAll(COMMENT_OR_TAG)) {
    out += text(html.slice(at, match.index)) + tag(match, open);
    at = match.index + match[0].length;
  }
  out += text(html.slice(at));
  return out + closing(open, 0);
}

function tag([source, slash, name = '', attributes = '']: RegExpMatchArray, open: string[]): string {
  if (source.startsWith('<!--')) return '';
  const tagName = name.toLowerCase();
  const allowed = ALLOWED[tagName];
  if (!allowed || !Object.hasOwn(ALLOWED, tagName)) return text(source);
  if (EMPTY_TAGS.includes(tagName)) return slash ? '' : `<${tagName}>`;
  if (slash) {
    const from = open.lastIndexOf(tagName);
    return from < 0 ? '' : closing(open, from);
  }
  open.push(tagName);
  return `<${tagName}${allowed.map((attribute) => attributeOf(attributes, attribute)).join('')}>`;
}

function closing(open: string[], from: number): string {
  return open
    .splice(from)
    .toReversed()
    .map((name) => `</${name}>`)
    .join('');
}

function attributeOf(attributes: string, name: string): string {
  if (name === 'open') return /\sopen(?=[\s=/]|$)/i.test(attributes) ? ' open' : '';
  const match = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^'"]*)'|([^\\s"'=]+))`, 'i').exec(attributes);
  const value = match?.[1] ?? match?.[2] ?? match?.[3] ?? '';
  if (name === 'href') return /^https?:\/\//i.test(value) ? ` href="${value}" rel="noopener nofollow"` : '';
  const known = name === 'class' ? CLASSES.test(value) : /^(left|right|center)$/.test(value);
  return known ? ` ${name}="${value}"` : '';
}

/** Entities stay as they are; nothing in here can open a tag. */
function text(html: string): string {
  return html.replaceAll('<', '&lt;');
}
