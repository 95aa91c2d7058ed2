import type { ApiContext } from './env.ts';

/**
 * The page of a list that the query asks for (`per_page` at most 100, default 30), with a Link header to the others.
 */
export function paginate<T>(c: ApiContext, items: readonly T[], defaultPerPage = 30): T[] {
  const perPage = Math.min(positive(c.req.query('per_page'), defaultPerPage), 100);
  const page = positive(c.req.query('page'), 1);
  const last = Math.max(1, Math.ceil(items.length / perPage));
  const link = linkHeader(c.req.url, { page, last });
  if (link) c.header('link', link);
  return items.slice((page - 1) * perPage, page * perPage);
}

function linkHeader(url: string, { page, last }: { page: number; last: number }): string {
  const to = (number: number, rel: string) => {
    const address = new URL(url);
    address.searchParams.set('page', String(number));
    return `<${address.href}>; rel="${rel}"`;
  };
  const before = page > 1 ? [to(page - 1, 'prev'), to(1, 'first')] : [];
  const after = page < last ? [to(page + 1, 'next'), to(last, 'last')] : [];
  return [...before.slice(0, 1), ...after, ...before.slice(1)].join(', ');
}

function positive(text: string | undefined, otherwise: number): number {
  const value = Number(text);
  return Number.isInteger(value) && value > 0 ? value : otherwise;
}
