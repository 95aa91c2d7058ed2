import type { Context } from 'hono';
import type { Frame } from '../../views/layout.tsx';
import { MessagePage } from '../../views/message.tsx';
import { assetUrl } from './assets.ts';
import type { PagesDeps } from './deps.ts';

/** What every page needs, as of now. */
export function frameFor(deps: Pick<PagesDeps, 'pageUser'>): Frame {
  return { user: deps.pageUser, asset: assetUrl, now: new Date() };
}

type MessageStatus = 400 | 403 | 404 | 405 | 413 | 500;

const titles: Record<MessageStatus, string> = {
  400: 'This address cannot be read',
  403: 'Not allowed',
  404: 'Nothing here',
  405: 'Not a page',
  413: 'Too much',
  500: 'Something went wrong on our side',
};

/** A page that says one thing and leads back. */
export function sendMessage(c: Context, deps: Pick<PagesDeps, 'pageUser'>, status: MessageStatus, sentence: string) {
  const next = { href: '/', label: 'All stacks' };
  return c.html(MessagePage({ frame: frameFor(deps), title: titles[status], sentence, next }), status);
}

/** The same words whatever is missing, so that nobody learns which ids exist. */
export function sendNotFound(c: Context, deps: Pick<PagesDeps, 'pageUser'>) {
  return sendMessage(c, deps, 404, 'There is no page, stack or run at this address.');
}
