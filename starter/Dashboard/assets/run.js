// One run: its state, its attempts, the index, memos with what changed, commands, evidence, the skill.

import { away, chip, el, heads, number, panel, tone, usd } from './dom.js';
import { chart } from './chart.js';
import { markdown } from './markdown.js';

export function stepMemo(shown, ui, by, draw) {
  const last = (shown?.memos?.length ?? 0) - 1;
  if (last < 0) return;
  const to = Math.max(0, Math.min(last, (ui.memo ?? last) + by));
  ui.memo = to === last ? null : to;
  draw();
}

/** The command that lets a waiting run go on. */
function goesOn(shown) {
  if (shown.run.state !== 'waiting: budget') return `spark runs resume ${shown.run.id}`;
  return `spark runs budget ${shown.run.id} ${shown.budget_usd && shown.cost_usd !== undefined && shown.cost_usd !== null ? `--usd ${Math.ceil(2 * Math.max(shown.budget_usd, shown.cost_usd ?? 0))}` : '--tokens N'}`;
}

function head(shown) {
  const run = shown.run;
  const now = run.status === 'completed' ? run.status : run.state ?? run.status;
  const spent = (shown.spent ?? usd(0)) + (shown.budget_usd ? ` of ${usd(shown.budget_usd)}` : '');
  const facts = [
    ['model', run.model], ['attempt', run.attempt && `${run.attempt}${shown.max_attempts ? ` of ${shown.max_attempts}` : ''}`], ['now', run.status === 'running' ? shown.step : null],
    ['reward', number(run.reward)], ['spent', spent], ['results', shown.folder],
  ];
  return [
    el('div', { class: 'title', 'data-key': 'title' }, el('h1', {}, run.task && run.task !== '*' ? run.task : run.id), chip(now === 'completed' ? (run.outcome ?? 'done').toLowerCase() : now, tone(run.outcome, now === 'completed' ? '' : now)), away(shown.ui, 'in Temporal')),
    el('dl', { class: 'facts' }, ...facts.filter(([, value]) => value).map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value)))),
    shown.waits_for ? el('p', { class: 'waits' }, el('b', {}, 'Waits: '), shown.waits_for, el('br', {}), el('code', {}, goesOn(shown))) : null,
    ...(shown.missing ?? []).map(words => el('p', { class: 'quiet' }, words)),
  ];
}

const attempts = shown => panel('attempts', 'Attempts', shown.attempts.length === 0 ? el('p', { class: 'quiet' }, 'None has ended yet.') : el('table', { class: 'grid tight' },
  heads('#', 'steered', 'outcome', 'reward', 'tests', 'PDI', 'cost', 'why', ''),
  el('tbody', {}, ...shown.attempts.map(attempt => el('tr', {},
    el('td', { class: 'n' }, attempt.number), el('td', {}, attempt.intervention ? chip(attempt.intervention, attempt.intervention) : ''),
    el('td', {}, chip(attempt.outcome.toLowerCase(), tone(attempt.outcome))), el('td', { class: 'n' }, number(attempt.reward)), el('td', { class: 'n' }, attempt.total ? `${attempt.passed}/${attempt.total}` : ''),
    el('td', { class: 'n' }, attempt.pdi === undefined ? '' : attempt.pdi.toFixed(4)), el('td', { class: 'n' }, attempt.spent), el('td', { class: 'why' }, attempt.why ?? ''),
    el('td', {}, away(attempt.ui, 'Temporal')))))));

function memos(shown, ui, draw) {
  if (shown.memos.length === 0) return null;
  const at = ui.memo ?? shown.memos.length - 1;
  const memo = shown.memos[at];
  const marks = { added: '+', removed: '−', same: ' ' };
  return panel('memo', 'Memo',
    el('div', { class: 'tools' },
      el('button', { id: 'memo-older', type: 'button', disabled: at === 0, onclick: () => stepMemo(shown, ui, -1, draw) }, 'older'),
      el('span', { class: 'n' }, `version ${memo.number} of ${shown.memos.length}`),
      el('button', { id: 'memo-newer', type: 'button', disabled: at === shown.memos.length - 1, onclick: () => stepMemo(shown, ui, 1, draw) }, 'newer'),
      el('span', { class: 'quiet' }, at === 0 ? 'the first' : `against version ${at}`)),
    el('pre', { class: 'diff', tabindex: 0, 'data-scroll': 'memo' }, ...memo.changes.map(line => el('span', { class: at === 0 ? 'same' : line.kind }, `${at === 0 ? ' ' : marks[line.kind]} ${line.text}\n`))));
}

function commands(shown) {
  if (shown.commands.length === 0) return null;
  return panel('commands', shown.run.type === 'SkillGeneration' ? `Commands · ${shown.commands_of}` : 'Newest steps', el('ol', { class: 'commands', tabindex: 0, 'data-scroll': 'commands' }, ...shown.commands.map(command => el('li', { class: command.running ? 'run' : command.exit_code ? 'fail' : '' },
    el('code', {}, command.command),
    command.exit_code ? chip(`exit ${command.exit_code}`, 'fail') : command.running ? chip('runs', 'run') : null,
    command.held_up ? el('pre', { class: 'held' }, command.held_up) : null,
    command.output ? el('pre', {}, command.output) : null))));
}

const folded = (key, title, ...children) => el('section', { class: 'panel', 'data-key': key, 'aria-label': title }, el('details', { 'data-fold': key, open: key === 'skill' }, el('summary', {}, el('h2', {}, title)), ...children));

export function run(shown, ui, draw) {
  return [
    ...head(shown),
    el('div', { class: 'columns' },
      el('div', {}, shown.run.type === 'SkillGeneration' ? attempts(shown) : shown.story ? panel('story', 'Progress', el('div', { class: 'text' }, ...markdown(shown.story))) : null, shown.pdi.length > 0 ? panel('pdi', 'PDI', chart(shown.pdi, shown.threshold)) : null, commands(shown)),
      el('div', {}, shown.skill ? folded('skill', 'SKILL.md', el('div', { class: 'text' }, ...markdown(shown.skill))) : null, memos(shown, ui, draw),
        shown.evidence ? folded('evidence', 'Evidence', el('div', { class: 'text' }, ...markdown(shown.evidence))) : null,
        shown.error ? folded('error', 'Error report', el('div', { class: 'text' }, ...markdown(shown.error))) : null)),
  ].filter(Boolean);
}
