// What the pages gain with scripts: they change in place, times are the reader's, logs can be copied. Everything else
// works without this file.
// Of the package of that name; the build makes one file of them all.
import { Idiomorph } from './idiomorph.esm.js';
import { saySignedOut, watch } from './live.js';
import { plural } from './log.js';

const main = document.getElementById('main');
/** Server time minus ours, so that a wrong clock here does not show. */
let skew = 0;

function start() {
  readClock();
  enhance();
  openTarget();
  addEventListener('hashchange', openTarget);
  document.addEventListener('click', onClick);
  document.addEventListener('change', onChange);
  document.addEventListener('input', onFilter);
  document.addEventListener('submit', onSubmit);
  document.addEventListener('keydown', onKey);
  setInterval(tick, 1000);
  watch({ swap: (html) => morph(main, html, 'innerHTML'), swapRow, fetchPage, poll });
  if (new URLSearchParams(location.search).has('done'))
    history.replaceState(null, '', main.dataset.address ?? location.pathname);
}

function readClock() {
  skew = Date.parse(main.dataset.now) - Date.now();
}

function enhance() {
  document.querySelector('[data-zone]').textContent = Intl.DateTimeFormat().resolvedOptions().timeZone;
  filterChanges();
  tick();
}

// Which changes are shown: it stands in the address, so that a link shows what its sender saw

function onFilter({ target: { form } }) {
  if (!form?.matches('.change-filters')) return;
  const query = new URLSearchParams(location.search);
  for (const [name, value] of new FormData(form)) {
    if (value.trim() && value !== 'all') query.set(name, value.trim());
    else query.delete(name);
  }
  history.replaceState(null, '', `${location.pathname}${query.size ? `?${query}` : ''}${location.hash}`);
  filterChanges();
}

function filterChanges() {
  const form = document.getElementById('change-filters');
  if (!form) return;
  const query = new URLSearchParams(location.search);
  const { address, change } = form.elements;
  const wanted = query.get('address') ?? '';
  if (address.value.trim() !== wanted) address.value = wanted;
  if (change?.length) change.value = query.get('change') ?? 'all';
  for (const row of form.parentElement.querySelectorAll('.change'))
    row.hidden = !row.querySelector('code').textContent.toLowerCase().includes(wanted.toLowerCase());
}

// Times

function tick() {
  const now = new Date(Date.now() + skew);
  for (const time of main.querySelectorAll('time[data-form]')) {
    const at = new Date(time.dateTime);
    setText(time, time.dataset.form === 'ago' ? ago(at, now) : clock(at, now));
  }
  for (const span of main.querySelectorAll('[data-since]')) {
    setText(span, duration((now - Date.parse(span.dataset.since)) / 1000));
  }
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function clock(at, now) {
  const day = at.getDate();
  const month = at.toLocaleString('en-US', { month: 'short' });
  const ending = ['th', 'st', 'nd', 'rd'][day > 10 && day < 14 ? 0 : day % 10] ?? 'th';
  const year = at.getFullYear() === now.getFullYear() ? '' : ` ${at.getFullYear()}`;
  // Browsers put a narrow space before the half of the day.
  return `${month} ${day}${ending}${year}, ${at.toLocaleTimeString('en-US').replace(/\s/, ' ')}`;
}

function ago(at, now) {
  const minutes = Math.floor((now - at) / 60000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${plural(minutes, 'minute')} ago`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${plural(hours, 'hour')} ago`;
  return clock(at, now).replace(/:\d\d (?=[AP]M)/, ' ');
}

function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const rest = new Date(whole * 1000).toISOString().slice(14, 19);
  return whole >= 3600 ? `${Math.floor(whole / 3600)}:${rest}` : rest;
}

// Changing in place

let failures = 0;
let polling;

/** Without events the page is fetched again and again. */
function poll(on) {
  clearTimeout(polling);
  polling = on ? setTimeout(refresh, delay()) : undefined;
}

function delay() {
  return Math.min(30, Number(main.dataset.refresh ?? 10) * 2 ** failures) * 1000;
}

async function refresh() {
  const mine = polling;
  // Events that came meanwhile are newer than what was asked for.
  if (!document.hidden) await fetchPage(() => polling === mine);
  if (polling === mine && main.dataset.events) poll(true);
}

/** Whether the page is as the server has it now. */
async function fetchPage(isWanted = () => true) {
  try {
    const address = location.search ? location.href : (main.dataset.address ?? location.href);
    const next = new DOMParser().parseFromString(await textAt(address, AbortSignal.timeout(60_000)), 'text/html');
    if (!isWanted()) return false;
    document.title = next.title;
    document.querySelector('link[rel=icon]').href = next.querySelector('link[rel=icon]').href;
    morph(main, next.getElementById('main'), 'outerHTML');
    failures = 0;
    return true;
  } catch {
    failures += 1;
    return false;
  }
}

/** A redirect leads to sign in. It is not followed: each try would begin one, and undo one begun in another tab. */
async function textAt(address, signal) {
  const response = await fetch(address, { headers: { Accept: 'text/html' }, redirect: 'manual', signal });
  if (response.type === 'opaqueredirect') saySignedOut();
  if (!response.ok) throw new Error(response.status);
  return response.text();
}

function swapRow(html) {
  const next = new DOMParser().parseFromString(html, 'text/html').body.firstElementChild;
  const row = document.getElementById(next.id);
  if (row) morph(row, next, 'outerHTML');
}

/** Makes `from` like `to` in place: focus, scroll, selection and what the reader has opened, chosen or typed stay. */
function morph(from, to, morphStyle) {
  Idiomorph.morph(from, to, { morphStyle, callbacks: { beforeNodeMorphed, beforeAttributeUpdated } });
  readClock();
  enhance();
}

function beforeNodeMorphed(from, to) {
  if (!(from instanceof Element)) return true;
  if (from.id !== to.id || !to.hasAttribute('data-keep')) return !isChosen(from);
  // What belongs to the reader stays; the log's own script takes new lines from its new state.
  from.dispatchEvent(new CustomEvent('zenfra:refresh', { bubbles: true, detail: to }));
  return false;
}

function isChosen(field) {
  if (field.matches('select')) return [...field.options].some((one) => one.selected !== one.defaultSelected);
  return (
    field.matches('[type=text], [type=radio]') &&
    (field.value !== field.defaultValue || field.checked !== field.defaultChecked)
  );
}

/** What is unfolded stays so: a phase that ends must not close under its reader. */
function beforeAttributeUpdated(name, element, kind) {
  if (name === 'open') return kind !== 'remove' && !element.hasAttribute('data-touched');
  return name !== 'data-touched';
}

// Copying

async function copyFrom(button) {
  const copied = await copy(button.dataset).catch(() => false);
  const label = button.querySelector('span');
  // Pressed twice it says already what comes of it, and not what it does.
  button.dataset.label ??= label.textContent;
  label.textContent = copied ? 'Copied' : 'Not copied';
  button.classList.toggle('ok', copied);
  setTimeout(() => {
    label.textContent = button.dataset.label;
    button.classList.remove('ok');
  }, 1500);
}

/** Whether it was done. Without https browsers offer no clipboard; the older way still works. */
async function copy({ copy, copyFrom }) {
  const text = copy ?? (await textAt(copyFrom));
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement('textarea');
    field.value = text;
    field.className = 'sr';
    document.body.append(field);
    field.select();
    const copied = document.execCommand('copy');
    field.remove();
    return copied;
  }
}

// What the reader does

function onClick(event) {
  const button = event.target.closest('[data-copy], [data-copy-from]');
  if (button) copyFrom(button);
  const summary = event.target.closest('summary');
  if (summary) summary.parentElement.dataset.touched = '';
  closeMenus(event.target);
}

/** What is folded cannot keep the focus: it goes back to what unfolds it. */
function onKey({ key }) {
  if (key !== 'Escape') return;
  const left = document.activeElement?.closest('.menu[open]');
  closeMenus();
  left?.querySelector('summary').focus();
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll('.menu[open]')) if (!menu.contains(except)) menu.open = false;
}

function onChange(event) {
  const { form } = event.target;
  if (form?.hasAttribute('data-auto-submit')) form.requestSubmit();
}

/** One press, one request: the server refuses the second anyway. The way back finds the page as it was left. */
function onSubmit(event) {
  const { target } = event;
  if (target.matches('.change-filters')) event.preventDefault();
  if (target.method !== 'post') return;
  for (const button of target.querySelectorAll('button')) {
    const disable = (on) => () => {
      button.disabled = on;
    };
    setTimeout(disable(true));
    addEventListener('pagehide', disable(false));
  }
}

/** A link to what is folded opens it. Links to lines are the log's own script's. */
function openTarget() {
  const target = document.getElementById(location.hash.slice(1));
  const folded = target?.closest('details') ?? target?.querySelector(':scope > details');
  if (folded) folded.open = true;
  if (target?.tagName !== 'CODE') target?.scrollIntoView();
}

start();
