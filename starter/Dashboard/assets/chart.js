// The index after every reflection: a line, the threshold, and what each point led to.

import { el, svg } from './dom.js';

const W = 640, H = 200, LEFT = 44, RIGHT = 16, TOP = 14, BOTTOM = 26;

export function chart(history, threshold) {
  const values = history.map(point => point.weighted_pdi);
  const low = Math.min(threshold, ...values), high = Math.max(0, ...values);
  const pad = Math.max(0.2, (high - low) * 0.12);
  const x = index => LEFT + (history.length === 1 ? 0.5 : index / (history.length - 1)) * (W - LEFT - RIGHT);
  const y = value => TOP + (1 - (value - low + pad) / (high - low + 2 * pad)) * (H - TOP - BOTTOM);
  const tick = (value, kind) => [svg('line', { class: kind, x1: LEFT, x2: W - RIGHT, y1: y(value), y2: y(value) }), svg('text', { class: 'axis', x: LEFT - 6, y: y(value) + 4, 'text-anchor': 'end' }, value)];
  const words = history.map(point => `after attempt ${point.attempt + 1}: ${point.weighted_pdi.toFixed(4)}${point.triggered ? `, ${point.level ?? 'triggered'}` : ''}`).join('; ');
  return el('figure', {},
    svg('svg', { viewBox: `0 0 ${W} ${H}`, role: 'img', 'aria-label': `PDI ${words}` },
      ...tick(0, 'zero'), ...tick(threshold, 'threshold'),
      svg('polyline', { class: 'curve', points: history.map((point, index) => `${x(index)},${y(point.weighted_pdi)}`).join(' ') }),
      ...history.map((point, index) => svg('g', {},
        svg('circle', { class: `point ${point.triggered ? point.level ?? 'soft' : ''}`, cx: x(index), cy: y(point.weighted_pdi), r: point.triggered ? 5.5 : 3.5 }, svg('title', {}, `after attempt ${point.attempt + 1}: ${point.weighted_pdi}`)),
        point.triggered ? svg('text', { class: `mark ${point.level ?? ''}`, x: x(index), y: y(point.weighted_pdi) - 9, 'text-anchor': index === history.length - 1 && index > 0 ? 'end' : 'middle' }, point.level ?? 'triggered') : null,
        svg('text', { class: 'axis', x: x(index), y: H - 8, 'text-anchor': 'middle' }, point.attempt + 1)))),
    el('figcaption', { class: 'quiet' }, `after each failed attempt; below ${threshold} from the second on, the next attempt is steered: soft, then strong`));
}
