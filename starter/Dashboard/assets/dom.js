// Every element of the page is made here, and text only ever becomes a text node: what agents wrote is never markup.

const SVG = 'http://www.w3.org/2000/svg';

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  node.append(...children.flat().filter(child => child !== null && child !== undefined && child !== false).map(child => child instanceof Node ? child : String(child)));
  return node;
}

export const el = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
export const svg = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

/** A link elsewhere; only to addresses that the dashboard itself made. */
export const away = (address, text) => address ? el('a', { href: address, target: '_blank', rel: 'noopener noreferrer' }, text) : null;

export const usd = value => value === null || value === undefined ? '' : value > 0 && value < 0.01 ? `$${value.toFixed(4)}` : `$${value.toFixed(2)}`;
export const number = (value, digits = 3) => value === null || value === undefined ? '' : String(Math.round(value * 10 ** digits) / 10 ** digits);
export const time = value => value ? new Date(value).toISOString().slice(0, 16).replace('T', ' ') + 'Z' : '';

/** The tone of an outcome or state: one of pass, part, fail, wait, run, none. */
export function tone(outcome, state) {
  if (state && (state.startsWith('waiting') || state === 'paused')) return 'wait';
  if (state === 'running') return 'run';
  if (['failed', 'terminated', 'timed out', 'cancelled'].includes(state)) return state === 'cancelled' ? 'none' : 'fail';
  switch ((outcome ?? '').toLowerCase()) {
    case 'pass': case 'accepted': case 'proven': return 'pass';
    case 'partial': return 'part';
    case 'fail': case 'rejected': case 'refuted': case 'promptrefused': return 'fail';
    case 'error': case 'infrastructure': return 'odd';
    default: return 'none';
  }
}

/** A line of column heads; heads of number columns are aligned right, as the numbers are. */
export const heads = (...names) => el('thead', {}, el('tr', {}, ...names.map(name => el('th', { scope: 'col', class: /^(runs|passed|ended without|waiting|running|spent|reward|PDI|cost|tests|#)$/.test(name) ? 'n' : null }, name))));

export const chip = (text, kind) => el('span', { class: `chip ${kind}` }, text);
export const panel = (key, title, ...children) => el('section', { class: 'panel', 'data-key': key, 'aria-label': title }, el('h2', {}, title), ...children);
