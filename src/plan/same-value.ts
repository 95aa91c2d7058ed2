import { isRecord, WrittenNumber } from './json-value.ts';

/** Whether two JSON values are equal; ones nested deeper than 200 levels count as different. */
export function sameValue(a: unknown, b: unknown, depth = 0): boolean {
  if (a === b) return true;
  if (a instanceof WrittenNumber) return b instanceof WrittenNumber && a.text === b.text;
  if (depth > 200) return false;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => sameValue(item, b[index], depth + 1));
  }
  if (!isRecord(a) || !isRecord(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameValue(a[key], b[key], depth + 1))
  );
}
