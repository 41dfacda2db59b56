// Which view is shown, the stream that feeds it, and the keys. The address names the view: #/, #/batch/<name>, #/run/<id>.

import { el } from './dom.js';
import { overview, batch } from './batch.js';
import { run, stepMemo } from './run.js';

const views = { overview, batch, run };
const main = document.getElementById('main');
const live = document.getElementById('live');
const help = document.getElementById('help');
const ui = { filter: '', memo: null, of: '' };
let stream = null;
let shown = null;

/** Decodes a part of the address; a mistyped one that cannot be decoded stays as it is. */
function plain(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}

function route() {
  const [, view, ...rest] = location.hash.split('/');
  const id = plain(rest.join('/'));
  return (view === 'batch' || view === 'run') && id ? { view, id } : { view: 'overview', id: '' };
}

function state(name) {
  live.dataset.state = name;
  live.textContent = name;
}

function open() {
  stream?.close();
  const to = route();
  if (ui.of !== to.view + to.id) Object.assign(ui, { of: to.view + to.id, filter: '', memo: null });
  shown = null;
  main.replaceChildren(el('p', { class: 'quiet' }, 'Reading …'));
  state('connecting');
  stream = new EventSource(`/events?view=${to.view}&id=${encodeURIComponent(to.id)}`);
  stream.onmessage = message => { state('live'); shown = JSON.parse(message.data); draw(); };
  stream.onerror = () => state('connecting');
}

function crumbs() {
  const to = route();
  const name = to.view === 'batch' ? to.id : shown?.run?.batch;
  const parts = [el('a', { href: '#/' }, 'Spark')];
  if (name) parts.push(el('a', { href: `#/batch/${encodeURIComponent(name)}` }, name));
  if (to.view === 'run') parts.push(el('a', { href: location.hash }, shown?.run?.task && shown.run.task !== '*' ? shown.run.task : to.id));
  parts.at(-1).setAttribute('aria-current', 'page');
  document.getElementById('crumbs').replaceChildren(...parts);
  document.title = `${parts.at(-1).textContent} · Spark`;
}

/** What the Tab key stops at inside a part of the page. */
const stops = part => [...part.querySelectorAll('a:not([tabindex="-1"]), button, input, summary, [tabindex="0"]')];

/** Draws anew and puts back what the person had: focus, scrolling inside panels, what is folded out. */
function draw() {
  if (!shown) return;
  const holder = document.activeElement?.closest('[data-key]');
  const place = holder ? stops(holder).indexOf(document.activeElement) : -1;
  const inside = document.activeElement?.id;
  const scrolled = [...main.querySelectorAll('[data-scroll]')].map(node => [node.dataset.scroll, node.scrollTop]);
  const folded = new Map([...main.querySelectorAll('details[data-fold]')].map(node => [node.dataset.fold, node.open]));
  const caret = document.activeElement?.selectionStart;
  crumbs();
  main.replaceChildren(...(shown.view === 'problem' ? [el('p', { class: 'problem', role: 'alert' }, shown.problem)] : views[shown.view](shown, ui, draw)));
  for (const node of main.querySelectorAll('details[data-fold]')) if (folded.has(node.dataset.fold)) node.open = folded.get(node.dataset.fold);
  for (const [key, top] of scrolled) main.querySelector(`[data-scroll="${CSS.escape(key)}"]`)?.scrollTo(0, top);
  if (inside && document.getElementById(inside)) {
    const again = document.getElementById(inside);
    again.focus({ preventScroll: true });
    if (typeof caret === 'number' && again.setSelectionRange) again.setSelectionRange(caret, caret);
  } else if (place >= 0) {
    const now = main.querySelector(`[data-key="${CSS.escape(holder.dataset.key)}"]`);
    if (now) (stops(now)[place] ?? stops(now)[0])?.focus({ preventScroll: true });
  }
}

function move(by) {
  const lines = [...main.querySelectorAll('a.line')];
  const at = lines.indexOf(document.activeElement);
  lines[Math.max(0, Math.min(lines.length - 1, at < 0 ? 0 : at + by))]?.focus();
}

function up() {
  const to = route();
  if (to.view === 'run' && shown?.run?.batch) location.hash = `#/batch/${encodeURIComponent(shown.run.batch)}`;
  else if (to.view !== 'overview') location.hash = '#/';
}

document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
  if (event.target instanceof HTMLInputElement) {
    if (event.key === 'Escape') event.target.blur();
    return;
  }
  const keys = {
    j: () => move(1), ArrowDown: event.target.matches('a.line') && (() => move(1)),
    k: () => move(-1), ArrowUp: event.target.matches('a.line') && (() => move(-1)),
    u: up, '?': () => help.showModal(), '/': () => document.getElementById('filter')?.focus(),
    '[': () => stepMemo(shown, ui, -1, draw), ']': () => stepMemo(shown, ui, 1, draw),
  };
  const act = keys[event.key];
  if (act) { event.preventDefault(); act(); }
});
document.getElementById('help-button').addEventListener('click', () => help.showModal());
addEventListener('hashchange', open);
open();
