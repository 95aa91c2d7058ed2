import { html } from 'hono/html';
import type { Child } from 'hono/jsx';
import { visibleText } from '../src/plan/visible-text.ts';
import { ActionForm } from './parts/action-form.tsx';
import { Icon, Mark } from './parts/icons.tsx';
import type { Tone } from './parts/status.tsx';

/** What every page is rendered with. */
export interface Frame {
  /** Who looks; null on what is open to everybody. The token goes into every form. */
  viewer: { login: string; signedIn: boolean; formToken: string } | null;
  /** Whether people can sign in here. */
  signIn: boolean;
  /** Address of a static file, with its content's hash. */
  asset: (name: string) => string;
  now: Date;
}

export interface LayoutProps {
  frame: Frame;
  /** Without the product's name. */
  title: string;
  /** Colours the icon in the browser's tab. */
  tone?: Tone;
  /** Set on a page whose facts still change: its own address, and after how many seconds to look again. */
  refresh?: { address: string; seconds: number; withoutScript: boolean } | null;
  /** Set on a page that is told of what changes: the address of its events, and what it shows already. */
  events?: { address: string; after: string } | null;
  children: Child;
}

/** The frame of every page: head, top bar, content. Complete without scripts; nothing is loaded from elsewhere. */
export function Layout({ frame, title, tone = 'quiet', refresh = null, events = null, children }: LayoutProps) {
  return html`<!doctype html>${(
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        {refresh?.withoutScript && (
          <noscript>
            <meta http-equiv="refresh" content={`${refresh.seconds};url=${refresh.address}`} />
          </noscript>
        )}
        <title>{`${visibleText(title)} · Zenfra`}</title>
        <link rel="icon" type="image/svg+xml" href={frame.asset(`favicon-${tone}.svg`)} />
        <link rel="stylesheet" href={frame.asset('zenfra.css')} />
        <script type="module" src={frame.asset('zenfra.js')}></script>
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to content
        </a>
        <TopBar frame={frame} />
        <main
          id="main"
          data-now={frame.now.toISOString()}
          data-refresh={refresh?.seconds}
          data-address={refresh?.address}
          data-events={events?.address}
          data-after={events?.after}
        >
          {children}
        </main>
        <p id="connection" class="connection" role="status"></p>
        <p id="news" class="sr" role="status"></p>
        <footer class="page-foot">
          Times are in <span data-zone>UTC</span>.
        </footer>
      </body>
    </html>
  )}`;
}

function TopBar({ frame }: { frame: Frame }) {
  return (
    <header class="top">
      <a class="brand" href="/">
        <Mark />
        <span>Zenfra</span>
      </a>
      {frame.viewer && (
        <nav class="site-nav" aria-label="Main">
          <a href="/">Stacks</a>
          <a href="/bundles">Bundles</a>
          <a href="/doctor">Doctor</a>
        </nav>
      )}
      <Me frame={frame} />
    </header>
  );
}

function Me({ frame: { viewer, signIn } }: { frame: Frame }) {
  return (
    <span class="me">
      {viewer && (
        <span>
          <Icon name="person" />
          <span class="login">{visibleText(viewer.login)}</span>
        </span>
      )}
      {viewer?.signedIn && <ActionForm action="/sign-out" label="Sign out" tone="sm" formToken={viewer.formToken} />}
      {signIn && !viewer?.signedIn && (
        <a class="btn sm" href="/sign-in">
          Sign in
        </a>
      )}
    </span>
  );
}
