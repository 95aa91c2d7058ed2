// A page that is being watched: it is told what changes, comes back when it loses the connection, and asks by itself
// where none can be had.
import { appendLines } from './log.js';

/** A ping comes every 15 seconds: without one the connection is dead, or something on the way gathers the events. */
const silenceMs = 20_000;
const longestPauseMs = 30_000;
/** Lists are fetched anew at most so often. */
const listPauseMs = 1_000;

const main = document.getElementById('main');
const connection = document.getElementById('connection');
const news = document.getElementById('news');

let page;
let source;
let watchdog;
let failures = 0;
let fetching = false;
let changedAgain = false;

/** `swap(html)` puts new content into the page, `fetchPage()` fetches it, `poll(on)` fetches it again and again. */
export function watch(hooks) {
  page = hooks;
  if (main.dataset.events) connect();
}

function connect() {
  const { events, after } = main.dataset;
  source = new EventSource(`${events}?after=${encodeURIComponent(after)}`);
  for (const [name, act] of Object.entries(handlers)) {
    source.addEventListener(name, (event) => {
      alive();
      act(JSON.parse(event.data));
      if (event.lastEventId) main.dataset.after = event.lastEventId;
    });
  }
  source.onerror = lost;
  watchdog = setTimeout(silent, silenceMs);
}

function alive() {
  clearTimeout(watchdog);
  watchdog = setTimeout(silent, silenceMs);
  if (failures === 0) return;
  failures = 0;
  page.poll(false);
  connection.textContent = '';
}

/** Something on the way may keep the events back for ever: the page is asked for meanwhile. */
function silent() {
  lost();
  page.poll(true);
}

/** Our own way back, not the browser's: it waits longer each time, and goes on from where the page is by then. */
function lost() {
  clearTimeout(watchdog);
  source.close();
  failures += 1;
  connection.textContent ||= 'Reconnecting…';
  if (failures > 1) page.poll(true);
  const pause = Math.min(longestPauseMs, 1000 * 2 ** (failures - 1));
  setTimeout(comeBack, pause * (0.75 + Math.random() / 2));
}

/** To wait for the connection would be in vain. */
export function saySignedOut() {
  connection.textContent = 'You are signed out. Reload to sign in.';
}

function comeBack() {
  // Meanwhile the page may have been fetched, and show the end.
  if (main.dataset.events) connect();
  else connection.textContent = '';
}

const handlers = {
  ping() {},
  log: ({ phase, first, html }) => appendLines(phase, first, html),
  page(swap) {
    document.title = swap.title;
    document.querySelector('link[rel=icon]').href = swap.icon;
    main.dataset.now = swap.now;
    page.swap(swap.html);
    for (const row of swap.rows) page.swapRow(row);
    if (news.dataset.said !== swap.status) news.textContent = swap.status;
    news.dataset.said = swap.status;
  },
  changed: fetchList,
  end() {
    clearTimeout(watchdog);
    source.close();
    for (const name of ['events', 'after', 'refresh']) delete main.dataset[name];
  },
};

/** Until it was had: no event says again what has changed. */
async function fetchList() {
  changedAgain = fetching;
  if (fetching) return;
  fetching = true;
  const had = await page.fetchPage();
  setTimeout(
    () => {
      fetching = false;
      if (changedAgain || !had) fetchList();
    },
    had ? listPauseMs : longestPauseMs / 6,
  );
}
