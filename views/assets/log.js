// What a log gains with scripts: links to lines, following, search in place, more lines in place, keys. Everything else
// works without this file. Lines are looked up by id and phases by the timeline's children: a search through a page of
// 100,000 lines would cost more than anything done here.
const root = document.documentElement;
const timeline = document.querySelector('.timeline');
const dialog = document.getElementById('keys');
const linesPerBlock = 500;

const phases = () => [...(timeline?.children ?? [])].filter((item) => item.querySelector('summary'));
const logOf = (phase) => document.getElementById(`${phase}-log`);
const lineOf = (phase, number) => document.getElementById(`${phase}-L${number}`);
const numberOf = (code) => Number(code.dataset.n);
const shown = (count) => count.toLocaleString('en-US');
/** `1 line`, `2,000 lines`. */
export const plural = (count, noun = 'line') => `${shown(count)} ${noun}${count === 1 ? '' : 's'}`;

function nodesOf(html) {
  const template = document.createElement('template');
  template.innerHTML = html;
  return template.content;
}

// New lines

/**
 * Appends lines that the server rendered (`<code id="planning-L120">…`), the first of which is `firstLine`. A line that
 * is there already is replaced: the last one may have grown.
 */
export function appendLines(phase, firstLine, html) {
  addLines(phase, firstLine, [...nodesOf(html).children]);
}

function addLines(phase, firstLine, codes) {
  const log = logOf(phase);
  if (!log) return;
  onScroll();
  stamp(codes);
  const last = lastLineOf(log);
  const fresh = codes.filter((code) => numberOf(code) > last);
  for (const code of codes.slice(0, codes.length - fresh.length)) {
    const old = document.getElementById(code.id);
    if (old && old.textContent !== code.textContent) old.replaceWith(code);
  }
  if (firstLine > last + 1) log.append(gapOf(log, last + 1, firstLine - 1));
  for (let at = 0; at < fresh.length; ) {
    const block = openBlock(log);
    const room = linesPerBlock - block.childElementCount;
    block.append(...fresh.slice(at, at + room));
    block.classList.toggle('whole', block.childElementCount >= linesPerBlock);
    at += room;
  }
  if (fresh.length > 0) told(log, fresh.length);
}

function lastLineOf(log) {
  const last = log.lastElementChild;
  return last ? Number(last.dataset.to ?? numberOf(last.lastElementChild)) : 0;
}

function openBlock(log) {
  const last = log.lastElementChild;
  if (last?.tagName === 'PRE' && last.childElementCount < linesPerBlock) return last;
  return log.appendChild(document.createElement('pre'));
}

let untold = 0;

/** For those who cannot see the lines: how many came, every ten seconds. The lines themselves would drown everything. */
function tell(count) {
  if (!untold) setTimeout(sayUntold, 10_000);
  untold += count;
}

function sayUntold() {
  document.getElementById('news').textContent = plural(untold, 'new line');
  untold = 0;
}

function told(log, count) {
  tell(count);
  const tools = log.previousElementSibling;
  tools.querySelector('.total').textContent = plural(lastLineOf(log));
  syncToggles();
  if (!log.closest('details').open) return;
  live = log;
  if (follows) return toEnd();
  showFollow(missed + count);
}

// Following: the end of the log stays in sight until the reader scrolls up

let live = phases()
  .find((item) => item.matches('.running'))
  ?.querySelector('.log');
let follows = false;
let missed = 0;
let top = scrollY;
const button = document.createElement('button');
button.className = 'btn follow';
button.hidden = true;
button.addEventListener('click', follow);

function atEnd() {
  return live?.isConnected && live.getBoundingClientRect().bottom <= innerHeight + 24;
}

function onScroll() {
  if (atEnd()) follows = true;
  else if (scrollY < top - 1) follows = false;
  top = scrollY;
  if (follows) showFollow(0);
}

function showFollow(count) {
  missed = count;
  button.hidden = missed === 0;
  button.textContent = `↓ ${plural(missed, 'new line')}`;
}

function toEnd() {
  const beyond = live.getBoundingClientRect().bottom - innerHeight + 16;
  if (beyond > 0) scrollBy(0, beyond);
}

function follow() {
  live = live?.isConnected ? live : currentLog();
  if (!live) return;
  open(live);
  follows = true;
  toEnd();
  showFollow(0);
}

// Lines that the page lacks

/** Replaces a gap by its lines, near one of them or else the next ones; gives the gap that is left. */
async function load(gap, near) {
  const link = gap.firstElementChild;
  const address = near ? `${link.dataset.part.replace(/&near=.*/, '')}&near=${near}` : link.dataset.part;
  const response = await fetch(address);
  if (!response.ok) return say('These lines could not be loaded');
  const part = nodesOf(await response.text());
  const rest = part.querySelector('.more');
  if (!part.querySelector('pre') || !gap.isConnected) return;
  const log = gap.parentElement;
  const below = gap.nextElementSibling;
  const held = !/near=/.test(address) && below && below.getBoundingClientRect().top;
  const focused = gap.contains(document.activeElement);
  stamp(part.querySelectorAll('code'));
  gap.replaceWith(part);
  if (held) scrollBy(0, below.getBoundingClientRect().top - held);
  if (focused) (rest?.firstElementChild ?? log).focus({ preventScroll: true });
  mark();
  paint();
  return rest;
}

async function loadAll(gap) {
  for (let rest = gap; rest; ) rest = await load(rest);
}

function gapOf(log, from, to) {
  const address = log.previousElementSibling.querySelector('form').action.replace('/search', '.html');
  const gap = nodesOf('<p class="more"><a></a></p>').firstChild;
  Object.assign(gap.dataset, { from, to });
  gap.firstChild.href = gap.firstChild.dataset.part = `${address}?from=${from}&to=${to}`;
  gap.firstChild.textContent = `Show earlier lines (${plural(to - from + 1)} between)`;
  return gap;
}

// Links to lines: #planning-L120, #planning-L120-L140

let chosen = null;
let marked = [];

async function showHash() {
  const [, phase, from, to] = /^#([a-z]+)-L(\d{1,12})(?:-L(\d{1,12}))?$/.exec(location.hash) ?? [];
  chosen = phase ? { phase, from: Number(from), to: Number(to ?? from) } : null;
  mark();
  if (chosen) await reveal(phase, chosen.from);
}

function mark() {
  for (const code of marked) code.classList.remove('on');
  marked = [];
  for (let number = chosen?.from; number <= chosen?.to && number <= lastLineOf(logOf(chosen.phase)); number += 1) {
    const code = lineOf(chosen.phase, number);
    if (code) marked.push(code);
  }
  for (const code of marked) code.classList.add('on');
}

async function reveal(phase, number) {
  const log = logOf(phase);
  if (!log) return;
  open(log);
  const gap = [...log.children].find(({ dataset }) => dataset.from <= number && number <= dataset.to);
  if (gap) await load(gap, number);
  lineOf(phase, number)?.scrollIntoView({ block: 'center' });
}

function choose(code, extend) {
  const phase = code.id.split('-L')[0];
  const number = numberOf(code);
  const start = extend && chosen?.phase === phase ? (chosen.start ?? chosen.from) : number;
  const [from, to] = [Math.min(start, number), Math.max(start, number)];
  chosen = { phase, from, to, start };
  history.replaceState(null, '', `#${phase}-L${from}${to > from ? `-L${to}` : ''}`);
  mark();
  const copied = navigator.clipboard?.writeText(location.href) ?? Promise.reject();
  copied.then(
    () => say(to > from ? `Link to ${plural(to - from + 1)} copied` : 'Link copied'),
    () => say('The link is in the address bar'),
  );
}

/** Numbers are drawn left of the text, and stay in sight. On press, not on click: a selection may end there. */
function onPress(event) {
  const code = event.target.closest('.log code');
  if (!code || event.button) return;
  const { left } = code.closest('.log').getBoundingClientRect();
  if (event.clientX - left > Number.parseFloat(getComputedStyle(code).paddingLeft)) return;
  event.preventDefault();
  choose(code, event.shiftKey);
}

/** From line to line by the arrow keys, once the log or a line has the focus; what is left out lies in between. */
function moveLine(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const log = step && event.target.closest('.log');
  if (!log) return;
  const unit = event.target.closest('code, .more');
  const start = () => [...marked, inMiddle()].find((code) => log.contains(code)) ?? log.querySelector('code');
  event.preventDefault();
  const next = unit ? beside(unit, step) : start();
  if (next?.dataset.n) next.tabIndex = -1;
  (next?.querySelector('[data-part]') ?? next)?.focus();
}

function beside(unit, step) {
  const [side, edge] =
    step > 0 ? ['nextElementSibling', 'firstElementChild'] : ['previousElementSibling', 'lastElementChild'];
  const next = unit[side] ?? (unit.tagName === 'CODE' ? unit.parentElement[side] : null);
  return next?.tagName === 'PRE' ? next[edge] : next;
}

const inMiddle = () => document.elementFromPoint(innerWidth / 2, innerHeight / 2)?.closest('.log code');

// Search: the server finds the lines

let found = null;
let hits = [];

async function search(form, step) {
  const query = form.elements.q.value;
  if (found?.form === form && found.query === query) return stepTo(step);
  const output = form.querySelector('output');
  output.textContent = 'Searching…';
  const headers = { Accept: 'application/json' };
  const response = await fetch(`${form.action}?${new URLSearchParams({ q: query })}`, { headers });
  if (!response.ok) return say('The search failed');
  clear();
  const phase = form.parentElement.id.split('-')[0];
  found = { form, query, phase, at: -1, ...(await response.json()) };
  form.querySelector('.steps').hidden = found.count === 0;
  output.textContent = found.capped ? 'No hit so far' : 'No hit';
  paint();
  await stepTo(1);
}

async function stepTo(step) {
  const { lines, form, phase, count, capped } = found;
  if (count === 0) return;
  found.at = (found.at + step + lines.length) % lines.length;
  form.querySelector('output').textContent = `${shown(found.at + 1)} / ${shown(count)}${capped ? '+' : ''}`;
  await reveal(phase, lines[found.at]);
  for (const code of hits) code.classList.toggle('now', numberOf(code) === lines[found.at]);
}

function clear() {
  if (!found) return;
  found.form.querySelector('output').textContent = '';
  found.form.querySelector('.steps').hidden = true;
  found = null;
  paint();
}

function paint() {
  for (const code of hits) code.classList.remove('hit', 'now');
  hits = (found?.lines ?? []).map((number) => lineOf(found.phase, number)).filter(Boolean);
  for (const code of hits) code.classList.add('hit');
  if (CSS.highlights) CSS.highlights.set('hit', new Highlight(...hits.flatMap(rangesIn)));
}

/** The places of the text in a line, whatever the colours. Static ranges: live ones slow every later change down. */
function rangesIn(code) {
  const query = found.query.toLowerCase();
  const text = code.textContent.toLowerCase();
  const ranges = [];
  for (let at = text.indexOf(query); at >= 0; at = text.indexOf(query, at)) {
    const [startContainer, startOffset] = placeIn(code, at);
    at += query.length;
    const [endContainer, endOffset] = placeIn(code, at);
    ranges.push(new StaticRange({ startContainer, startOffset, endContainer, endOffset }));
  }
  return ranges;
}

function placeIn(code, offset) {
  const walker = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
  let rest = offset;
  while (walker.nextNode() && rest > walker.currentNode.length) rest -= walker.currentNode.length;
  return [walker.currentNode, rest];
}

// What is remembered

/** Browsers that keep nothing refuse the very question. */
function openMemory() {
  try {
    return localStorage;
  } catch {
    return {};
  }
}

const memory = openMemory();

function remember(name, on) {
  memory[`zenfra-${name}`] = on ? 'on' : 'off';
}

function recall(name) {
  return memory[`zenfra-${name}`];
}

function toggle(name, on = !root.classList.contains(name)) {
  const read = inMiddle();
  root.classList.toggle(name, on);
  // Wrapped lines are higher: what is read stays in sight.
  read?.scrollIntoView({ block: 'center' });
  remember(name, on);
  syncToggles();
  if (name === 'times') for (const item of phases()) stamp(item.querySelectorAll('.log code'));
}

function syncToggles() {
  for (const item of phases())
    for (const toggle of item.querySelector('.toggles')?.children ?? [])
      toggle.ariaPressed = root.classList.contains(toggle.dataset.toggle);
}

/** The time of those lines that have none is that of the line before. */
function stamp(codes) {
  if (!root.classList.contains('times')) return;
  let time = ' '.repeat(8);
  for (const code of codes) {
    if (code.dataset.at) time = new Date(code.dataset.at * 1000).toTimeString().slice(0, 8);
    code.dataset.time = time;
  }
}

// Phases

function open(inside) {
  const details = inside.closest('details');
  details.open = true;
  details.dataset.touched = '';
}

function openAll(on) {
  for (const item of phases()) {
    open(item.querySelector('summary'));
    item.querySelector('details').open = on;
  }
}

const focusedPhase = () => phases().find((item) => item.contains(document.activeElement));

function current() {
  return focusedPhase() ?? phases().find((item) => item.getBoundingClientRect().bottom > 60);
}

function currentLog() {
  return [current(), ...phases()].map((item) => item?.querySelector('.log')).find(Boolean);
}

function move(step) {
  const all = phases();
  const next = focusedPhase() ? all[all.indexOf(focusedPhase()) + step] : current();
  next?.querySelector('summary').focus();
}

function focusSearch() {
  const log = currentLog();
  if (!log) return;
  open(log);
  log.previousElementSibling.querySelector('input').select();
}

// Keys and clicks

const keys = {
  j: () => move(1),
  k: () => move(-1),
  e: () => openAll(true),
  E: () => openAll(false),
  f: follow,
  t: () => toggle('times'),
  w: () => toggle('wrap'),
  '/': focusSearch,
  '?': () => dialog.showModal(),
};

function onKey(event) {
  const { key, target } = event;
  const form = target.closest('.find');
  if (form && key === 'Escape') clear();
  if (form && key === 'Enter' && event.shiftKey && target.matches('input')) {
    event.preventDefault();
    search(form, -1);
  }
  const typing = target.matches('input:not([type=radio], [type=checkbox]), select, textarea');
  if (typing || dialog.open || event.ctrlKey || event.metaKey || event.altKey) return;
  if (key === 'Enter' && target.matches('.log code')) return choose(target, event.shiftKey);
  moveLine(event);
  if (recall('keys') === 'off' || !Object.hasOwn(keys, key)) return;
  event.preventDefault();
  keys[key]();
}

const clicks = {
  '[data-part]': (link) => load(link.parentElement),
  '[data-part-all]': (all) => loadAll(all.parentElement),
  '[data-toggle]': ({ dataset }) => toggle(dataset.toggle),
  '[data-step]': ({ form, dataset }) => search(form, Number(dataset.step)),
  '[data-all]': ({ dataset }) => openAll(dataset.all === 'open'),
  '[data-keys]': keys['?'],
  '[data-line]': ({ dataset }) => {
    history.pushState(null, '', dataset.line);
    showHash();
  },
};

function onClick(event) {
  if (event.ctrlKey || event.metaKey) return;
  for (const [selector, act] of Object.entries(clicks)) {
    const target = event.target.closest(selector);
    if (!target) continue;
    event.preventDefault();
    act(target, event);
  }
}

/** A refresh leaves a log as it is and hands over its new state: lines that came since are appended. */
function onRefresh({ target, detail }) {
  if (!target.matches('.log')) return;
  const last = lastLineOf(target);
  const codes = [...detail.querySelectorAll('code')].filter((code) => numberOf(code) >= last);
  if (codes.length > 0) addLines(target.id.split('-')[0], numberOf(codes[0]), codes);
}

const toast = document.createElement('output');
toast.className = 'toast';
let toastTimer;

function say(text) {
  toast.textContent = text;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(say, 2000, '');
}

function start() {
  document.body.append(button, toast);
  for (const name of ['times', 'wrap']) if (recall(name) === 'on') toggle(name, true);
  const keysOn = document.getElementById('keys-on');
  keysOn.checked = recall('keys') !== 'off';
  keysOn.addEventListener('change', () => remember('keys', keysOn.checked));
  addEventListener('scroll', onScroll, { passive: true });
  addEventListener('hashchange', showHash);
  document.addEventListener('toggle', syncToggles, true);
  document.addEventListener('zenfra:refresh', onRefresh);
  document.addEventListener('mousedown', onPress);
  document.addEventListener('click', onClick);
  document.addEventListener('keydown', onKey);
  document.addEventListener('input', ({ target }) => target.form === found?.form && target.value === '' && clear());
  document.addEventListener('submit', (event) => {
    if (!event.target.matches('.tools .find')) return;
    event.preventDefault();
    search(event.target, 1);
  });
  onScroll();
  showHash();
}

root.classList.add('js');
// Other pages have no log, and take this module along with another one.
if (timeline) start();
