import { markdownTable } from 'markdown-table';

export interface Column {
  title: string;
  align?: 'right';
}

/**
 * A table in its compact form. Cells are Markdown that is already inert (see `escape.ts`); what would end a cell or a
 * row is replaced here once more, because markdown-table does neither.
 */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const align = columns.map((column) => (column.align === 'right' ? 'r' : 'l'));
  const titles = columns.map((column) => column.title);
  // Cells that all count as three wide get no padding, and a delimiter row of `:--` and `--:`.
  return markdownTable([titles, ...rows.map((row) => row.map(cell))], { align, stringLength: () => 3 });
}

/** As many of these rows as fit into so many characters; at least one. */
export function fittingRows<Row extends readonly string[]>(rows: readonly Row[], maxCharacters: number): Row[] {
  let used = 0;
  const end = rows.findIndex((row) => {
    used += row.reduce((length, text) => length + text.length + 3, 2);
    return used > maxCharacters;
  });
  return rows.slice(0, end === -1 ? rows.length : Math.max(1, end));
}

function cell(text: string): string {
  return text.replace(/\s*[\n\r]\s*/g, ' ').replaceAll('|', '&#124;');
}
