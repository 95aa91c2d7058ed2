import { isRecord, WrittenNumber } from './json-value.ts';
import { childMask, hidesWhole, type Mask } from './masks.ts';
import { type HideSecrets, sensitiveText } from './secrets.ts';
import { visibleText } from './visible-text.ts';

/** What must be known of a value besides itself to write it down. */
export interface ValueMasks {
  /** Those of before and after: what one of them covers is shown in neither. */
  sensitive: readonly Mask[];
  unknown: Mask;
  hide: HideSecrets;
}

export const unknownText = '(known after apply)';

/** Deeper nesting is shown as `…`. */
const maxDepth = 12;

/**
 * A value on one line as HCL would write it, except for a string of several lines, which is written as a heredoc.
 */
export function valueText(value: unknown, masks: ValueMasks): string {
  if (typeof value !== 'string') return inlineText(value, masks, 0);
  const text = masks.hide(value);
  return text.includes('\n') ? `<<-EOT\n${visibleText(text).replace(/\n$/, '')}\nEOT` : quoted(text);
}

/** A string's JSON content over several lines, as `jsonencode` would be given it. */
export function encodedText(content: unknown, masks: ValueMasks): string {
  return `jsonencode(${indentedText(content, masks, 0)})`;
}

function inlineText(value: unknown, masks: ValueMasks, depth: number): string {
  if (masks.sensitive.some((mask) => hidesWhole(mask, value))) return sensitiveText;
  if (masks.unknown === true) return unknownText;
  if (depth > maxDepth) return '…';
  if (Array.isArray(value)) {
    return `[${value.map((item, index) => inlineText(item, inner(masks, index), depth + 1)).join(', ')}]`;
  }
  if (!isRecord(value)) return scalarText(value, masks.hide);
  const keys = Object.keys(value);
  if (keys.length === 0) return '{}';
  return `{ ${keys.map((key) => `${keyText(masks.hide(key))} = ${inlineText(value[key], inner(masks, key), depth + 1)}`).join(', ')} }`;
}

function indentedText(value: unknown, masks: ValueMasks, depth: number): string {
  const composite = Array.isArray(value) || isRecord(value);
  if (!composite || depth > maxDepth || Object.keys(value).length === 0) return inlineText(value, masks, depth);
  const margin = '  '.repeat(depth + 1);
  const lines = Array.isArray(value)
    ? value.map((item) => `${margin}${indentedText(item, masks, depth + 1)},`)
    : Object.keys(value).map(
        (key) => `${margin}${keyText(masks.hide(key))} = ${indentedText(value[key], masks, depth + 1)}`,
      );
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  return `${open}\n${lines.join('\n')}\n${'  '.repeat(depth)}${close}`;
}

function inner(masks: ValueMasks, key: string | number): ValueMasks {
  const sensitive = masks.sensitive.map((mask) => childMask(mask, key));
  return { sensitive, unknown: childMask(masks.unknown, key), hide: masks.hide };
}

/** One that holds no others, on one line whatever it holds. */
export function scalarText(value: unknown, hide: HideSecrets): string {
  if (typeof value === 'string') return quoted(hide(value));
  if (value instanceof WrittenNumber || typeof value === 'number') {
    return hide(value instanceof WrittenNumber ? value.text : String(value));
  }
  return value === undefined ? 'null' : String(value);
}

function quoted(text: string): string {
  return text === sensitiveText ? sensitiveText : visibleText(JSON.stringify(text));
}

/** A key as HCL writes it: bare if it is a name, else quoted. */
export function keyText(key: string): string {
  return isName(key) ? key : visibleText(JSON.stringify(key));
}

export function isName(key: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_-]*$/.test(key);
}
