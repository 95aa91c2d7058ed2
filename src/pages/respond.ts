import type { Frame } from '../../views/layout.tsx';
import { MessagePage } from '../../views/message.tsx';
import { assetUrl } from './assets.ts';
import type { PagesDeps } from './deps.ts';
import type { PageContext } from './env.ts';

/** What every page needs, as of now. */
export function frameFor(c: PageContext, deps: Pick<PagesDeps, 'signIn'>): Frame {
  const viewer = c.get('viewer');
  return {
    viewer: viewer ? { login: viewer.login, signedIn: viewer.session !== null, formToken: viewer.formToken } : null,
    signIn: deps.signIn !== null,
    asset: assetUrl,
    now: new Date(),
  };
}

type MessageStatus = 200 | 400 | 401 | 403 | 404 | 405 | 413 | 500 | 503;

const titles: Record<MessageStatus, string> = {
  200: 'Done',
  400: 'That did not work',
  401: 'Sign in first',
  403: 'Not allowed',
  404: 'Nothing here',
  405: 'Not a page',
  413: 'Too much',
  500: 'Something went wrong on our side',
  503: 'GitHub does not answer',
};

export const toSignIn = { href: '/sign-in', label: 'Sign in' };

/** A page that says one thing and leads on. */
export function sendMessage(
  c: PageContext,
  deps: Pick<PagesDeps, 'signIn'>,
  status: MessageStatus,
  sentence: string,
  next = { href: '/', label: 'All stacks' },
) {
  return c.html(MessagePage({ frame: frameFor(c, deps), title: titles[status], sentence, next }), status);
}

/** The same words whatever is missing, so that nobody learns which ids exist. */
export function sendNotFound(c: PageContext, deps: Pick<PagesDeps, 'signIn'>) {
  return sendMessage(c, deps, 404, 'There is no page, stack or run at this address.');
}
