export interface DiffLine {
  sign: ' ' | '+' | '-';
  text: string;
}

/** Above this product of lengths, what differs is shown as all old lines, then all new ones: time must stay bounded. */
const maxCells = 40_000;
/** Unchanged lines kept around each change. */
const context = 3;

/**
 * What changed between two values as text, line by line, with a little of what did not; `…` stands for unchanged lines
 * left out. The lines around a heredoc are no part of it.
 */
export function diffLines(before: string, after: string): DiffLine[] {
  const [a, b] = [linesOf(before), linesOf(after)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const middle = changedPart(a.slice(start, a.length - end), b.slice(start, b.length - end));
  const same = (text: string): DiffLine => ({ sign: ' ', text });
  return folded([...a.slice(0, start).map(same), ...middle, ...a.slice(a.length - end).map(same)]);
}

/** The lines of a shown value; those around a heredoc are no part of it. */
export function linesOf(value: string): string[] {
  return (value.startsWith('<<-EOT\n') ? value.slice(7).replace(/\nEOT$/, '') : value).split('\n');
}

function changedPart(a: string[], b: string[]): DiffLine[] {
  if (a.length * b.length > maxCells) return [...signed('-', a), ...signed('+', b)];
  const lengths = commonLengths(a, b);
  const at = (i: number, j: number) => lengths[i * (b.length + 1) + j] ?? 0;
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) {
      lines.push({ sign: ' ', text: a[i] ?? '' });
      i += 1;
      j += 1;
    } else if (at(i + 1, j) >= at(i, j + 1)) {
      lines.push({ sign: '-', text: a[i] ?? '' });
      i += 1;
    } else {
      lines.push({ sign: '+', text: b[j] ?? '' });
      j += 1;
    }
  }
  return [...lines, ...signed('-', a.slice(i)), ...signed('+', b.slice(j))];
}

/** Length of the longest common subsequence of the rests of both, for each pair of positions. */
function commonLengths(a: string[], b: string[]): Uint32Array {
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const skip = Math.max(lengths[(i + 1) * width + j] ?? 0, lengths[i * width + j + 1] ?? 0);
      lengths[i * width + j] = a[i] === b[j] ? (lengths[(i + 1) * width + j + 1] ?? 0) + 1 : skip;
    }
  }
  return lengths;
}

function signed(sign: '+' | '-', lines: string[]): DiffLine[] {
  return lines.map((text) => ({ sign, text }));
}

function folded(lines: DiffLine[]): DiffLine[] {
  const near = new Uint8Array(lines.length);
  lines.forEach((line, index) => {
    if (line.sign !== ' ') near.fill(1, Math.max(0, index - context), index + context + 1);
  });
  return lines.flatMap((line, index) => {
    if (near[index]) return [line];
    return index === 0 || near[index - 1] ? [{ sign: ' ' as const, text: '…' }] : [];
  });
}
