import { Marked, type Tokens } from 'marked';
import { sanitize } from './sanitize.ts';

const ALERT = /^<p>\[!(note|tip|important|warning|caution)\]\s*(?:<br>)?\s*/i;

const markdown = new Marked({
  gfm: true,
  // In comments, unlike in files, GitHub keeps line ends.
  breaks: true,
  renderer: {
    code({ text, lang }: Tokens.Code): string {
      const language = /^[\w-]+/.exec(lang ?? '')?.[0] ?? '';
      const body = language === 'diff' ? text.split('\n').map(diffLine).join('\n') : escapeHtml(text);
      return `<pre><code class="language-${language || 'text'}">${body}\n</code></pre>\n`;
    },
    blockquote({ tokens }: Tokens.Blockquote): string {
      const inner = this.parser.parse(tokens);
      const kind = ALERT.exec(inner)?.[1];
      if (!kind) return `<blockquote>${inner}</blockquote>\n`;
      const title = kind.charAt(0).toUpperCase() + kind.slice(1).toLowerCase();
      const rest = inner.replace(ALERT, '<p>');
      return `<div class="alert alert-${kind.toLowerCase()}"><p class="alert-title">${title}</p>${rest}</div>\n`;
    },
    image({ text, href }: Tokens.Image): string {
      return `<a href="${escapeHtml(href)}">${escapeHtml(text || href)}</a>`;
    },
  },
});

/** Markdown as GitHub shows it in comments and checks, as HTML that is safe to put into a page. */
export function renderMarkdown(text: string): string {
  return sanitize(markdown.parse(text, { async: false })).replace(/>[^<]+/g, withCircles);
}

const circles: Record<string, string> = { '🟢': 'green', '🔴': 'red', '🟡': 'amber', '🔵': 'blue', '⚪': 'muted' };

/** GitHub shows these in colour whatever fonts there are; many a machine has none with them. */
function withCircles(text: string): string {
  return text.replace(/[🟢🔴🟡🔵⚪]/gu, (circle) => {
    return `<span class="circle ${circles[circle]}" role="img" aria-label="${circles[circle]}"></span>`;
  });
}

function diffLine(line: string): string {
  const kinds: Record<string, string> = { '+': 'add', '-': 'remove', '!': 'change', '#': 'note' };
  const kind = kinds[line.charAt(0)];
  return kind ? `<span class="diff-${kind}">${escapeHtml(line)}</span>` : escapeHtml(line);
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
