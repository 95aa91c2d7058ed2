import type { Context } from 'hono';
import type { Viewer } from '../access/viewer.ts';

/** What the pages know of a request before its handler: who looks. */
export interface PageEnv {
  Variables: { viewer: Viewer | undefined };
}

export type PageContext = Context<PageEnv>;

/** The viewer of a page that only viewers reach. Throws where the address is open to everybody. */
export function viewerOf(c: PageContext): Viewer {
  const viewer = c.get('viewer');
  if (!viewer) throw new Error(`${c.req.path} was handled without knowing who looks`);
  return viewer;
}
