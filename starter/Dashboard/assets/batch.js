// All batches, and one batch: tasks against attempts.

import { away, chip, el, heads, number, time, tone } from './dom.js';

const stat = (label, value, kind) => el('div', { class: `stat ${kind ?? ''}` }, el('b', {}, value), el('span', {}, label));

const stats = tile => el('div', { class: 'stats' },
  stat(tile.runs === 1 ? 'run' : 'runs', tile.runs), stat('passed', tile.passed, 'pass'), stat('ended without', tile.failed, 'fail'),
  stat('waiting', tile.waiting, 'wait'), stat('running', tile.running, 'run'), stat('spent', tile.spent));

export function overview(shown) {
  if (shown.batches.length === 0) return [el('h1', {}, 'Batches'), el('p', { class: 'quiet' }, 'Nothing has run yet. spark demo and spark skills run start batches.')];
  return [
    el('h1', {}, 'Batches'),
    el('table', { class: 'grid' },
      heads('batch', 'model', 'runs', 'passed', 'ended without', 'waiting', 'running', 'spent', 'started', ''),
      el('tbody', {}, ...shown.batches.map(tile => el('tr', { 'data-key': tile.name },
        el('th', { scope: 'row' }, tile.name ? el('a', { class: 'line', href: `#/batch/${encodeURIComponent(tile.name)}` }, tile.name) : 'without a batch'),
        el('td', {}, tile.model ?? ''), el('td', { class: 'n' }, tile.runs), el('td', { class: 'n pass' }, tile.passed || ''), el('td', { class: 'n fail' }, tile.failed || ''),
        el('td', { class: 'n wait' }, tile.waiting || ''), el('td', { class: 'n run' }, tile.running || ''), el('td', { class: 'n' }, tile.spent),
        el('td', {}, time(tile.started_at)), el('td', {}, away(tile.ui, 'Temporal')))))),
    shown.cut ? el('p', { class: 'quiet' }, 'Only the newest runs are counted here, so the numbers of older batches may be too low. A batch\'s own page counts all its runs.') : null,
  ].filter(Boolean);
}

function square(cell, alone) {
  const kind = tone(cell.outcome, cell.state === 'completed' ? '' : cell.state);
  const words = `${cell.label}: ${cell.outcome && kind !== 'run' && kind !== 'wait' ? cell.outcome : cell.state}${cell.reward === undefined ? '' : `, reward ${number(cell.reward)}`}${cell.spent ? `, ${cell.spent}` : ''}`;
  const face = kind === 'part' && !alone ? number(cell.reward, 1) || '·' : cell.label;
  // Attempts are reached through their run too; with trials the squares are the only way.
  return el('a', { class: `cell ${kind}`, title: words, 'aria-label': words, href: `#/run/${encodeURIComponent(cell.id)}`, tabindex: alone ? null : -1 }, face);
}

function row({ name, run, attempts, trials, ui, spent }) {
  const now = run.status === 'completed' ? run.status : run.state ?? run.status;
  return el('tr', { 'data-key': run.id },
    el('th', { scope: 'row' }, el('a', { class: 'line', href: `#/run/${encodeURIComponent(run.id)}` }, name)),
    el('td', {}, trials ? chip(trials, tone(null, trials)) : chip(now === 'completed' ? (run.outcome ?? 'done').toLowerCase() : now, tone(run.outcome, now === 'completed' ? '' : now))),
    el('td', { class: 'cells' }, ...attempts.map(cell => square(cell, Boolean(trials)))),
    el('td', { class: 'n' }, number(run.reward)), el('td', { class: 'n' }, run.pdi === undefined ? '' : run.pdi.toFixed(4)), el('td', { class: 'n' }, spent ?? ''),
    el('td', {}, away(ui, 'Temporal')));
}

export function batch(shown, ui, draw) {
  const words = ui.filter.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = ({ name, run }) => words.every(word => `${name} ${run.state} ${run.status} ${run.outcome} ${run.model}`.toLowerCase().includes(word));
  const rows = shown.rows.filter(fits);
  return [
    el('div', { class: 'title', 'data-key': 'title' }, el('h1', {}, shown.tile.name), el('span', { class: 'quiet' }, shown.tile.model ?? ''), away(shown.tile.ui, 'in Temporal')),
    stats(shown.tile),
    el('div', { class: 'tools' },
      el('input', { id: 'filter', type: 'search', placeholder: 'filter: task, state, outcome', 'aria-label': 'Filter', value: ui.filter, autocomplete: 'off',
        oninput: event => { ui.filter = event.target.value; draw(); } }),
      el('span', { class: 'quiet' }, `${rows.length} of ${shown.rows.length}${shown.cut ? ' (the first of more)' : ''}`),
      el('span', { class: 'legend' }, ...['pass', 'part', 'fail', 'odd', 'run', 'wait'].map(kind => el('span', {}, el('i', { class: `cell ${kind}` }), { pass: 'pass', part: 'partial', fail: 'fail', odd: 'error', run: 'runs', wait: 'waits' }[kind])))),
    el('table', { class: 'grid' },
      heads('task', 'state', 'attempts', 'reward', 'PDI', 'cost', ''),
      el('tbody', {}, ...rows.map(row))),
  ];
}
