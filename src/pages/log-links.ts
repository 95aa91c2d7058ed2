import type { LogSpan } from '../../views/parts/log-lines.tsx';

/** An address ends at white space, quotes, brackets or a control character; linear, one class repeated a bounded number of times. */
const address = /https?:\/\/[^\s"'`<>(){}[\]\\^|]{1,2000}/g;

/** Splits a span at the http and https addresses in it and makes those links. No other scheme ever becomes one. */
export function linkAddresses(span: LogSpan): LogSpan[] {
  if (span.classes === 'control' || !span.text.includes('://')) return [span];
  const parts: LogSpan[] = [];
  let from = 0;
  for (const match of span.text.matchAll(address)) {
    const href = match[0].replace(/[.,;:!?]+$/, '');
    if (!URL.canParse(href)) continue;
    if (match.index > from) parts.push({ ...span, text: span.text.slice(from, match.index) });
    parts.push({ ...span, text: href, href });
    from = match.index + href.length;
  }
  if (from < span.text.length) parts.push({ ...span, text: span.text.slice(from) });
  return parts;
}
