/** Where a page of a list begins: before or after a row's number, exclusive. Null is the newest page. */
export type Cursor<At> = { before: At } | { after: At } | null;

/** How to ask for a page by where it begins, and not by counting rows: the last page is then as fast as the first. */
export function seek<At>(cursor: Cursor<At>) {
  const backwards = cursor !== null && 'after' in cursor;
  return {
    order: backwards ? ('asc' as const) : ('desc' as const),
    operator: backwards ? ('>' as const) : ('<' as const),
    at: cursor && ('before' in cursor ? cursor.before : cursor.after),
  };
}

/** A page of rows that were asked for by `seek`, with one row more than it holds. Newest first. */
export function pageOf<Row, At>(found: Row[], { cursor, perPage }: { cursor: Cursor<At>; perPage: number }) {
  const more = found.length > perPage;
  const rows = found.slice(0, perPage);
  if (cursor && 'after' in cursor) return { rows: rows.reverse(), hasNewer: more, hasOlder: true };
  return { rows, hasNewer: cursor !== null, hasOlder: more };
}
