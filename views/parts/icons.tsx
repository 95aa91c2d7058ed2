const shapes = {
  check: <path d="M3 8.5l3.2 3.2L13 4.8" />,
  cross: <path d="M4 4l8 8M12 4l-8 8" />,
  pause: <path d="M5.5 3.5v9M10.5 3.5v9" />,
  clock: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M8 4.5V8l2.3 1.6" />
    </>
  ),
  spin: (
    <>
      <circle cx="8" cy="8" r="5.8" opacity=".28" />
      <path d="M8 2.2A5.8 5.8 0 0 1 13.8 8" />
    </>
  ),
  slash: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M3.8 12.2l8.4-8.4" />
    </>
  ),
  dot: <circle cx="8" cy="8" r="2.2" />,
  person: (
    <>
      <circle cx="8" cy="5.2" r="2.7" />
      <path d="M2.8 13.5c.7-2.6 2.7-4 5.2-4s4.5 1.4 5.2 4" />
    </>
  ),
  box: (
    <>
      <path d="M8 1.8l5.5 3v6.4L8 14.2l-5.5-3V4.8z" />
      <path d="M2.7 4.9L8 7.9l5.3-3M8 7.9v6.1" />
    </>
  ),
  plug: <path d="M5.5 2v3M10.5 2v3M3.8 5h8.4v2.2a4.2 4.2 0 0 1-8.4 0zM8 11.4V14" />,
  list: <path d="M5.8 4h7.4M5.8 8h7.4M5.8 12h7.4M2.8 4h.1M2.8 8h.1M2.8 12h.1" />,
  play: <path d="M4.5 3l8 5-8 5z" />,
  flag: <path d="M3.5 14V2.5M3.5 3h8.7l-2 3 2 3H3.5" />,
  branch: (
    <>
      <circle cx="4.5" cy="3.6" r="1.6" />
      <circle cx="4.5" cy="12.4" r="1.6" />
      <circle cx="11.5" cy="4.8" r="1.6" />
      <path d="M4.5 5.2v5.6M11.5 6.4c0 2.6-3.8 2.2-6.2 4.4" />
    </>
  ),
  commit: (
    <>
      <circle cx="8" cy="8" r="2.7" />
      <path d="M1.5 8h3.8M10.7 8h3.8" />
    </>
  ),
  merge: (
    <>
      <circle cx="4.5" cy="3.6" r="1.6" />
      <circle cx="4.5" cy="12.4" r="1.6" />
      <circle cx="11.5" cy="12.4" r="1.6" />
      <path d="M4.5 5.2v5.6M11.5 10.8V6.5c0-1.4-.9-2.1-2.2-2.1H7.4M9 2.6L7.2 4.4 9 6.2" />
    </>
  ),
  copy: (
    <>
      <rect x="5.5" y="5.5" width="8" height="8" rx="1.4" />
      <path d="M3.6 10.5H3A.9.9 0 0 1 2.5 9.6V3.4c0-.5.4-.9.9-.9h6.2c.5 0 .9.3.9.8v.5" />
    </>
  ),
  download: <path d="M8 2.5v7.2M5 7l3 3 3-3M2.8 13.2h10.4" />,
  chevron: <path d="M6 3.8L10.2 8 6 12.2" />,
  down: <path d="M4 6.2L8 10.2l4-4" />,
  up: <path d="M4 9.8L8 5.8l4 4" />,
  search: (
    <>
      <circle cx="7" cy="7" r="4.3" />
      <path d="M10.3 10.3l3.2 3.2" />
    </>
  ),
  wrap: <path d="M2.5 4h11M2.5 8h8.3a2.3 2.3 0 0 1 0 4.6H8M9.6 10.8L7.8 12.6l1.8 1.8M2.5 12.6h2.5" />,
  keyboard: (
    <>
      <rect x="1.6" y="4" width="12.8" height="8" rx="1.4" />
      <path d="M4.2 6.7h.1M6.7 6.7h.1M9.2 6.7h.1M11.7 6.7h.1M5.2 9.4h5.6" />
    </>
  ),
  repeat: <path d="M13.2 6.4A5.6 5.6 0 0 0 3 5.4M2.8 2.6v3h3M2.8 9.6a5.6 5.6 0 0 0 10.2 1M13.2 13.4v-3h-3" />,
  warning: <path d="M8 2.2l6.2 11H1.8zM8 6.4v3.4M8 11.6v.1" />,
  lock: (
    <>
      <rect x="3" y="7" width="10" height="6.8" rx="1.3" />
      <path d="M5.2 7V5a2.8 2.8 0 0 1 5.6 0v2" />
    </>
  ),
  unlock: (
    <>
      <rect x="3" y="7" width="10" height="6.8" rx="1.3" />
      <path d="M5.2 7V5a2.8 2.8 0 0 1 5.3-1.2" />
    </>
  ),
  upload: <path d="M8 10.2V2.6M5 5.4l3-3 3 3M2.8 13.2h10.4" />,
  arrow: <path d="M2.5 8h10.4M9.4 4.4L13 8l-3.6 3.6" />,
};

export type IconName = keyof typeof shapes;

/** One of our own line icons, 16 × 16, in the colour of the text around it. Decoration: a word always stands beside it. */
export function Icon({ name, turning = false }: { name: IconName; turning?: boolean }) {
  return (
    <svg
      class={turning ? 'icon turning' : 'icon'}
      viewBox="0 0 16 16"
      width="16"
      height="16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.6"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {shapes[name]}
    </svg>
  );
}

/** The mark of the product: a layered diamond. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
      <path d="M10 1.5L18.5 10 10 18.5 1.5 10z" fill="currentColor" opacity=".22" />
      <path d="M10 1.5L18.5 10H1.5z" fill="currentColor" />
    </svg>
  );
}
