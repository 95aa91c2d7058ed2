import { isRecord, member } from './json-value.ts';

/**
 * The engine marks what is sensitive (or not yet known) by a value of the same shape as the attribute: `true` at any
 * level covers all that is below it, `false`, `{}` and `[]` cover nothing.
 */
export type Mask = unknown;

export function childMask(mask: Mask, key: string | number): Mask {
  return mask === true ? true : (member(mask, key) ?? false);
}

/** Whether a mask covers anything at all. Masks nested too deep to look into count as covering. */
export function coversAny(mask: Mask, depth = 0): boolean {
  if (mask === true) return true;
  if (typeof mask !== 'object' || mask === null) return false;
  if (depth > 100) return true;
  return Object.values(mask).some((inner) => coversAny(inner, depth + 1));
}

/**
 * Whether nothing of this value may be shown. A mask whose shape does not fit the value hides all of it when it
 * covers anything: a doubt is no reason to show a secret.
 */
export function hidesWhole(mask: Mask, value: unknown): boolean {
  if (mask === true) return true;
  if (value === null || value === undefined || typeof mask !== 'object' || mask === null) return false;
  const fits = Array.isArray(mask) ? Array.isArray(value) : isRecord(value);
  return !fits && coversAny(mask);
}
