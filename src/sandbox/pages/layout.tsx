import { html, raw } from 'hono/html';
import type { Child } from 'hono/jsx';
import { renderMarkdown } from './markdown.ts';

/** A whole page. Parts marked `data-live` are kept up to date by the page's script; without it the page is complete. */
export function page(title: string, body: Child) {
  const document = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{title}</title>
        <link rel="stylesheet" href="/_assets/sandbox.css" />
        <script src="/_assets/refresh.js" defer></script>
      </head>
      <body>
        <header class="top">
          <a href="/">Sandbox</a>
          <span>a GitHub stand-in on this machine, over real git repositories</span>
        </header>
        <main>{body}</main>
      </body>
    </html>
  );
  return html`<!doctype html>${document}`;
}

/** Markdown written by people or programs. */
export function Markdown({ text }: { text: string }) {
  return <div class="markdown">{raw(renderMarkdown(text))}</div>;
}

/** Someone's picture: their first letter. */
export function Avatar({ login }: { login: string }) {
  const bot = login.endsWith('[bot]');
  return (
    <span class={bot ? 'avatar bot' : 'avatar'} aria-hidden="true">
      {login.charAt(0).toUpperCase()}
    </span>
  );
}

/** A moment, to the second. */
export function Time({ at }: { at: string }) {
  return <time datetime={at}>{at.slice(0, 19).replace('T', ' ')}</time>;
}
