// Keeps the parts of a page that are marked data-live up to date. What is typed or chosen is never touched.
const EVERY_MS = 2000;

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const part of document.querySelectorAll('[data-live]')) {
    const next = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
    if (next) replace(part, next);
  }
}

const shown = new WeakMap();

function replace(part, next) {
  // Compared with what the server sent last, not with the page: opened details would count as a change.
  const html = next.innerHTML;
  if ((shown.get(part) ?? html) === html && shown.has(part)) return;
  const first = !shown.has(part);
  shown.set(part, html);
  if (first && part.innerHTML === html) return;
  const open = new Map([...part.querySelectorAll('details')].map((one) => [keyOf(one), one.open]));
  part.replaceChildren(...document.adoptNode(next).childNodes);
  for (const one of part.querySelectorAll('details')) {
    const was = open.get(keyOf(one));
    if (was !== undefined) one.open = was;
  }
}

function keyOf(details) {
  const box = details.closest('[id]');
  return `${box ? box.id : ''} ${details.querySelector('summary')?.textContent.trim().split(' · ')[0]}`;
}

setInterval(() => refresh().catch(() => {}), EVERY_MS);
