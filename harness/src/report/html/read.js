
(() => {
'use strict';
// The tables of the page are the only source: the script reads them and draws what they say.
const SVG = 'http://www.w3.org/2000/svg';
const AXIS = 26, ROW = 20, CHAR = 6.65, SECOND = 1e6;
const FOLD_ABOVE = 0.4 * SECOND;   // Quiet times longer than this are folded.
const FOLD_SHOWN = 3;              // Where they are folded that many times they look it.
const CONSOLE_ROWS = 7, MARK_ROWS = 4;
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500].flatMap(n => [n, n * 1e3])
  .concat([1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 86400, 604800].map(n => n * SECOND))
  .sort((a, b) => a - b);
const $ = (selector, root) => (root || document).querySelector(selector);
const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));
const num = text => Number(text) || 0;
const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

function el(name, attributes, ...children) {
  const node = document.createElement(name);
  return fill(node, attributes, children);
}
function svg(name, attributes, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}
function fill(node, attributes, children) {
  for (const key in attributes) if (attributes[key] !== undefined) node.setAttribute(key, attributes[key]);
  for (const child of children) if (child) node.append(child);
  return node;
}
function button(text, action, attributes) {
  const node = el('button', { type: 'button', ...attributes }, text);
  node.addEventListener('click', action);
  return node;
}
function seconds(micros, step) {
  const s = micros / SECOND;
  if (step === undefined) return s.toFixed(3) + 's';
  const digits = clamp(Math.ceil(-Math.log10(step / SECOND) - 1e-9), 0, 6);
  if (s < 60) return String(Number(s.toFixed(digits))) + 's';
  const parts = [Math.floor(s / 3600), Math.floor(s / 60) % 60].map(String);
  const rest = (s % 60).toFixed(digits).padStart(digits ? 3 + digits : 2, '0');
  return parts[0] === '0' ? `${parts[1]}:${rest}` : `${parts[0]}:${parts[1].padStart(2, '0')}:${rest}`;
}

/** What the tables of a case say. */
function read(section) {
  const events = all('.events tbody tr', section).map(row => {
    const words = $('.words', row).textContent;
    return {
      row, words, t: num(row.dataset.t), kind: row.dataset.kind, number: row.dataset.number,
      label: row.dataset.label || '', state: row.dataset.state || '', near: row.classList.contains('nearest'),
    };
  });
  const steps = all('.steps tbody tr', section).map(row => ({
    row, t: num(row.dataset.t), end: num(row.dataset.t) + num(row.dataset.took), state: row.dataset.state, kind: 'step',
    failing: row.dataset.failing === '1', words: `${$('td', row).textContent}. ${$('.words', row).textContent}`, near: false,
  }));
  const box = $('.failure', section);
  const failure = box && { t: num(box.dataset.t), text: box.dataset.text, nearest: box.dataset.nearest };
  const last = Math.max(num(section.dataset.took), 1000, ...events.slice(-1).map(e => e.t), ...steps.map(s => s.end));
  return { section, events, steps, failure, end: last };
}

/** From time to place along the axis; long quiet times take little of it when they are folded. */
function scale(data, folded) {
  const times = [0, data.end, ...data.events.map(e => e.t), ...data.steps.flatMap(s => [s.t, s.end])];
  if (data.failure) times.push(data.failure.t);
  const stops = Array.from(new Set(times)).sort((a, b) => a - b);
  const length = gap => !folded || gap <= FOLD_ABOVE ? gap : FOLD_ABOVE * (1 + Math.log(gap / FOLD_ABOVE));
  const places = [0];
  for (let i = 1; i < stops.length; i++) places.push(places[i - 1] + length(stops[i] - stops[i - 1]));
  const between = (from, to, value) => {
    let low = 0, high = from.length - 1;
    while (high - low > 1) { const mid = (low + high) >> 1; if (from[mid] <= value) low = mid; else high = mid; }
    const span = from[high] - from[low] || 1;
    return to[low] + (value - from[low]) / span * (to[high] - to[low]);
  };
  return {
    stops, places, end: places[places.length - 1],
    place: t => between(stops, places, t), time: u => between(places, stops, u),
    isFold: i => stops[i + 1] - stops[i] > FOLD_SHOWN * (places[i + 1] - places[i]),
  };
}

/** What stands on the lanes, from the events in their order. */
function lanes(data) {
  const requests = new Map(), connections = new Map(), faults = new Map();
  const device = [], lists = { cloud: [], console: [], pins: [], messages: [], note: [] };
  let state = null, connection = null;
  // A request that can no longer be answered ends there.
  const giveUp = (t, on) => {
    for (const one of requests.values()) {
      if (one.state === 'open' && (on === undefined || one.connection === on)) Object.assign(one, { end: t, state: 'bad', label: `${one.label}  no answer` });
    }
  };
  const turn = (event, name, text) => {
    if (state) state.end = event.t;
    state = { t: event.t, end: data.end, name, text, event };
    device.push(state);
  };
  for (const event of data.events) {
    switch (event.kind) {
      case 'request': requests.set(event.number, { t: event.t, end: data.end, event, connection, label: event.label, state: 'open' }); break;
      case 'answer': {
        const of = requests.get(event.number);
        if (!of || of.state !== 'open') break;
        Object.assign(of, { end: event.t, answer: event, state: event.state, label: `${of.label}  ${event.label}` });
        break;
      }
      case 'connection':
        if (event.state === 'opened') {
          connections.set(event.number, { t: event.t, end: data.end, event, state: 'opened' });
          connection = event.number;
          break;
        }
        giveUp(event.t, event.number);
        if (connections.has(event.number)) Object.assign(connections.get(event.number), { end: event.t, last: event, state: event.state });
        break;
      case 'fault-armed': faults.set(event.number, { t: event.t, end: data.end, event, label: event.label, met: [] }); break;
      case 'fault-met': {
        const of = faults.get(event.number) || { t: event.t, event, label: event.label, met: [] };
        of.end = event.t; of.met.push(event); faults.set(event.number, of);
        break;
      }
      // Numbers of what the rig armed and those of faults are not the same.
      case 'armed': faults.set(`rig ${event.number}`, { t: event.t, end: data.end, event, label: event.label, met: [] }); break;
      case 'fired': {
        const of = faults.get(`rig ${event.number}`);
        if (of) { of.end = event.t; of.met.push(event); }
        break;
      }
      case 'brownout': faults.set(`sag ${event.t}`, { t: event.t, end: event.t, event, label: event.label, met: [] }); break;
      case 'faults-cleared': for (const of of faults.values()) if (!of.met.length) of.end = Math.min(of.end, event.t); break;
      case 'sleep': turn(event, 'asleep', event.label ? `asleep ${event.label}` : 'asleep'); break;
      case 'wake': turn(event, 'awake', `awake: ${event.label}`); break;
      case 'reset': giveUp(event.t); turn(event, 'awake', `reset: ${event.label}`); state.jolt = true; break;
      case 'power': giveUp(event.t); turn(event, event.state === 'cut' ? 'dark' : 'awake', `power ${event.state}`); state.jolt = true; break;
      case 'shadow': case 'clock': lists.cloud.push({ ...event, event, text: event.label }); break;
      case 'console': case 'console-part': lists.console.push({ ...event, event, text: event.words }); break;
      case 'message': lists.messages.push({ ...event, event, text: event.label }); break;
      case 'pin': lists.pins.push({ ...event, event, text: event.label }); break;
      case 'step': break;
      default: lists.note.push({ ...event, event, text: event.words });
    }
  }
  return { device, requests: [...requests.values()], connections: [...connections.values()], faults: [...faults.values()], ...lists };
}

/** The row of each thing, so that those that overlap stand below each other. */
function pack(things, end, rows) {
  const ends = [];
  for (const thing of things) {
    let row = ends.findIndex(last => last <= thing.left);
    if (row < 0) row = ends.length < rows ? ends.length : -1;
    thing.at = row;
    if (row >= 0) ends[row] = end(thing);
  }
  return Math.max(1, ends.length);
}
