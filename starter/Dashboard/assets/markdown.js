// Markdown as far as skills and memos use it, made of elements and text nodes. Links are shown, not followed: an agent wrote them.

import { el } from './dom.js';

const INLINE = /\\([\\`*_<[\]|$])|(`+)(.+?)\2|\*\*(.+?)\*\*|(?<![\w*])\*([^*\s][^*]*?)\*(?![\w*])|\[([^\]]*)\]\(([^)\s]*)\)/;

/** Longer text than this stays as it is: what an agent wrote must not keep the page busy. */
const LONGEST = 4000;

function inline(text) {
  if (text.length > LONGEST) return [text];
  const nodes = [];
  let rest = text;
  for (let found = INLINE.exec(rest); found; found = INLINE.exec(rest)) {
    if (found.index > 0) nodes.push(rest.slice(0, found.index));
    if (found[1] !== undefined) nodes.push(found[1]);
    else if (found[3] !== undefined) nodes.push(el('code', {}, found[3]));
    else if (found[4] !== undefined) nodes.push(el('strong', {}, ...inline(found[4])));
    else if (found[5] !== undefined) nodes.push(el('em', {}, found[5]));
    else nodes.push(el('span', { class: 'link' }, `${found[6]} <${found[7]}>`));
    rest = rest.slice(found.index + found[0].length);
  }
  return rest ? [...nodes, rest] : nodes;
}

const cells = line => line.trim().replace(/^\||\|$/g, '').split(/(?<!\\)\|/).map(cell => cell.trim());

export function markdown(text) {
  const lines = text.split('\n');
  const blocks = [];
  let at = 0;
  const take = test => { const from = at; while (at < lines.length && test(lines[at])) at++; return lines.slice(from, at); };
  if (lines[0] === '---') {
    const end = lines.indexOf('---', 1);
    if (end > 0) { blocks.push(el('pre', { class: 'front' }, lines.slice(1, end).join('\n'))); at = end + 1; }
  }
  while (at < lines.length) {
    const line = lines[at];
    const fence = /^\s*(`{3,}|~{3,})/.exec(line);
    const heading = /^(#{1,6})\s+(.*)$/.exec(line);
    const item = /^(\s*)([-*+]|\d+[.)])\s+/.exec(line);
    if (fence) {
      at++;
      const body = take(next => !next.trim().startsWith(fence[1]));
      at++;
      blocks.push(el('pre', {}, el('code', {}, body.join('\n'))));
    } else if (heading) {
      at++;
      blocks.push(el(`h${Math.min(6, heading[1].length + 2)}`, {}, ...inline(heading[2])));
    } else if (item) {
      const items = [];
      while (at < lines.length && /^\s*([-*+]|\d+[.)])\s+/.test(lines[at])) {
        const first = lines[at++].replace(/^\s*([-*+]|\d+[.)])\s+/, '');
        const more = take(next => /^\s{2,}\S/.test(next) && !/^\s*([-*+]|\d+[.)])\s+/.test(next));
        items.push(el('li', {}, ...inline([first, ...more.map(next => next.trim())].join(' '))));
      }
      blocks.push(el(/\d/.test(item[2]) ? 'ol' : 'ul', {}, ...items));
    } else if (line.trim().startsWith('|') && /^[\s:|-]+$/.test(lines[at + 1] ?? '')) {
      const [names, , ...rows] = take(next => next.trim().startsWith('|'));
      blocks.push(el('table', { class: 'grid tight' }, el('thead', {}, el('tr', {}, ...cells(names).map(name => el('th', {}, ...inline(name))))), el('tbody', {}, ...rows.map(cut => el('tr', {}, ...cells(cut).map(cell => el('td', {}, ...inline(cell))))))));
    } else if (line.startsWith('>')) {
      blocks.push(el('blockquote', {}, ...inline(take(next => next.startsWith('>')).map(next => next.replace(/^>\s?/, '')).join(' '))));
    } else if (line.trim() === '') {
      at++;
    } else {
      at++;
      blocks.push(el('p', {}, ...inline([line, ...take(next => next.trim() !== '' && !/^(#{1,6}\s|>|\s*([-*+]|\d+[.)])\s|\s*(`{3,}|~{3,})|\s*\|)/.test(next))].join(' '))));
    }
  }
  return blocks;
}
