/** Longer values are cut to this many characters, with a marker that says how many are left out. */
export const maxValueLength = 2_000;

/** How much of what two long values have in common is kept before the place where they differ. */
const keptBefore = 200;

/** A text of at most `maxValueLength` characters and its marker. */
export function cutText(text: string): string {
  if (text.length <= maxValueLength) return text;
  const end = safeEnd(text, maxValueLength);
  return `${text.slice(0, end)}… (${count(text.length - end)} more characters)`;
}

/** Two versions of a value, cut so that the place where they differ stays in sight. */
export function cutBoth(before: string, after: string): [string, string] {
  if (Math.max(before.length, after.length) <= maxValueLength) return [before, after];
  const start = safeEnd(before, Math.max(0, commonLength(before, after) - keptBefore));
  if (start === 0) return [cutText(before), cutText(after)];
  const marker = `(${count(start)} characters the same) …`;
  return [marker + cutText(before.slice(start)), marker + cutText(after.slice(start))];
}

function commonLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a.charCodeAt(length) === b.charCodeAt(length)) length += 1;
  return length;
}

/** Never between the halves of one character. */
function safeEnd(text: string, end: number): number {
  const code = text.charCodeAt(end - 1);
  return code >= 0xd800 && code <= 0xdbff ? end - 1 : end;
}

function count(characters: number): string {
  return characters.toLocaleString('en-US');
}
