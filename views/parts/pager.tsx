/** Addresses of the neighbouring pages; null at either end. */
export interface PagerView {
  newer: string | null;
  older: string | null;
}

export function Pager({ pager }: { pager: PagerView }) {
  return (
    <nav class="pager" aria-label="Pages">
      <PageLink href={pager.newer} label="‹ Newer" rel="prev" />
      <PageLink href={pager.older} label="Older ›" rel="next" />
    </nav>
  );
}

function PageLink({ href, label, rel }: { href: string | null; label: string; rel: string }) {
  if (href === null) {
    return (
      <span class="btn sm off" aria-disabled="true">
        {label}
      </span>
    );
  }
  return (
    <a class="btn sm" rel={rel} href={href}>
      {label}
    </a>
  );
}
