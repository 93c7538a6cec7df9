
class TimeLine {
  constructor(data) {
    this.data = data;
    this.lanes = lanes(data);
    const longest = data.events.reduce((gap, e, i, list) => i ? Math.max(gap, e.t - list[i - 1].t) : 0, 0);
    this.folded = longest > 2 * SECOND;
    this.fit();
    this.chosen = null;
    this.hits = null;
    this.found = new Set();
    this.build();
  }
  fit() {
    this.scale = scale(this.data, this.folded);
    this.from = 0;
    this.to = this.scale.end;
  }
  build() {
    this.fold = el('input', { type: 'checkbox' });
    this.fold.checked = this.folded;
    this.fold.addEventListener('change', () => { this.folded = this.fold.checked; this.fit(); this.draw(); });
    this.search = el('input', { type: 'search', placeholder: 'Search events', 'aria-label': 'Search events' });
    this.count = el('span', { class: 'hits', role: 'status' });
    this.search.addEventListener('input', () => this.find(this.search.value));
    this.search.addEventListener('keydown', event => {
      if (event.key === 'Enter') { event.preventDefault(); this.next(event.shiftKey ? -1 : 1, this.hits); }
      if (event.key === 'Escape') { this.search.value = ''; this.find(''); }
    });
    this.link = button('Copy link', () => this.copy());
    const tools = el('div', { class: 'tools' },
      button('−', () => this.zoom(1.6), { 'aria-label': 'Zoom out' }), button('+', () => this.zoom(1 / 1.6), { 'aria-label': 'Zoom in' }),
      button('Fit', () => { this.fit(); this.draw(); }),
      button('‹', () => this.next(-1), { 'aria-label': 'Previous event' }), button('›', () => this.next(1), { 'aria-label': 'Next event' }),
      this.data.failure && button('Failure', () => this.toFailure(), { class: 'jump' }),
      el('label', {}, this.fold, 'Fold quiet time'), this.link,
      el('span', { class: 'find' }, this.search, this.count));
    this.plot = el('div', { class: 'plot', tabindex: '0', role: 'application', 'aria-roledescription': 'time line',
      'aria-label': 'Time line. Arrow keys go from event to event, plus and minus zoom, 0 fits, F goes to the failure.' });
    this.about = el('div', { class: 'about', 'aria-live': 'polite' });
    this.about.append(el('p', { class: 'sub' }, 'Choose an event to see all of it.'));
    const hint = el('p', { class: 'hint' });
    hint.append(...['←', '→', ' event  ', '+', '−', ' zoom  ', '0', ' fit  ', 'F', ' failure  ', '/', ' search  ', 'C', ' copy link  ', 'Ctrl', ' + wheel zooms, drag moves']
      .map(text => text.trim() === text ? el('kbd', {}, text) : text));
    $('.line', this.data.section).append(tools, this.plot, this.about, hint);
    this.listen();
    new ResizeObserver(() => this.draw()).observe(this.plot);
  }
  listen() {
    const plot = this.plot, pointers = new Map();
    let moved = 0, spread = 0;
    plot.addEventListener('wheel', event => {
      if (event.ctrlKey || event.metaKey) { event.preventDefault(); this.zoom(Math.exp(event.deltaY * 0.003), this.placeAt(event)); }
      else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) { event.preventDefault(); this.move((event.deltaX || event.deltaY) / this.width); }
    }, { passive: false });
    plot.addEventListener('pointerdown', event => { pointers.set(event.pointerId, event); moved = 0; spread = 0; });
    plot.addEventListener('pointermove', event => {
      const before = pointers.get(event.pointerId);
      if (!before) return;
      pointers.set(event.pointerId, event);
      if (pointers.size === 2) {
        const [a, b] = [...pointers.values()], now = Math.abs(a.clientX - b.clientX) || 1;
        if (spread) this.zoom(spread / now, this.placeAt(event));
        spread = now; moved = 99;
        return;
      }
      moved += Math.abs(event.clientX - before.clientX);
      if (moved > 4) {
        if (!plot.hasPointerCapture(event.pointerId)) plot.setPointerCapture(event.pointerId);
        plot.classList.add('dragging');
        this.move((before.clientX - event.clientX) / this.width);
      }
    });
    const up = event => { pointers.delete(event.pointerId); plot.classList.remove('dragging'); };
    plot.addEventListener('pointerup', up);
    plot.addEventListener('pointercancel', up);
    plot.addEventListener('click', event => {
      const mark = event.target.closest('.mark');
      if (mark && moved <= 4) this.choose(mark.thing, true);
    });
    plot.addEventListener('keydown', event => this.key(event));
  }
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = {
      ArrowRight: () => event.shiftKey ? this.move(0.15) : this.next(1), ArrowLeft: () => event.shiftKey ? this.move(-0.15) : this.next(-1),
      Home: () => this.choose(this.things()[0]), End: () => this.choose(this.things().slice(-1)[0]),
      '+': () => this.zoom(1 / 1.6), '=': () => this.zoom(1 / 1.6), '-': () => this.zoom(1.6), '0': () => { this.fit(); this.draw(); },
      f: () => this.toFailure(), n: () => this.next(1, this.hits), p: () => this.next(-1, this.hits), c: () => this.copy(), '/': () => this.search.focus(),
    }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (act) { event.preventDefault(); act(); }
  }
  things() { return this.data.events; }
  placeAt(event) {
    const box = this.plot.getBoundingClientRect();
    return this.from + clamp((event.clientX - box.left - this.gutter) / this.width, 0, 1) * (this.to - this.from);
  }
  zoom(factor, around) {
    const chosen = this.chosen ? this.scale.place(this.chosen.t) : NaN;
    const inView = chosen >= this.from && chosen <= this.to;
    const center = around === undefined ? (inView ? chosen : (this.from + this.to) / 2) : around;
    const length = clamp((this.to - this.from) * factor, Math.min(200, this.scale.end), this.scale.end);
    const share = (center - this.from) / (this.to - this.from);
    this.show(center - share * length, length);
  }
  move(share) { this.show(this.from + share * (this.to - this.from), this.to - this.from); }
  show(from, length) {
    this.from = clamp(from, 0, this.scale.end - length);
    this.to = this.from + length;
    this.draw();
  }
  reveal(t) {
    const place = this.scale.place(t), length = this.to - this.from;
    if (place < this.from + length * 0.03 || place > this.to - length * 0.03) this.show(place - length / 2, length);
    else this.draw();
  }
  toFailure() {
    const { failure, events, steps } = this.data;
    if (!failure) return;
    const near = events.find(event => event.near), step = steps.find(one => one.failing);
    const from = this.scale.place(Math.min(step ? step.t : failure.t, near ? near.t : failure.t)), to = this.scale.place(failure.t);
    const length = Math.min(this.scale.end, Math.max((to - from) * 1.3, this.scale.end / 12));
    this.show((from + to - length) / 2, length);
    this.choose(step || near || events.filter(event => event.t <= failure.t).slice(-1)[0]);
  }
  next(direction, list) {
    const things = list && list.length ? list : this.things();
    if (!things.length) return;
    const at = this.chosen ? things.indexOf(this.chosen) : -1;
    let index = at + direction;
    if (at < 0) {
      const t = this.chosen ? this.chosen.t : this.scale.time(this.from);
      const after = things.findIndex(thing => thing.t >= t);
      index = direction > 0 ? (after < 0 ? things.length - 1 : after) : (after < 0 ? things.length : after) - 1;
    }
    this.choose(things[list ? (index + things.length) % things.length : clamp(index, 0, things.length - 1)]);
  }
  choose(thing, byHand) {
    if (!thing) return;
    if (this.chosen) this.chosen.row.classList.remove('chosen');
    this.chosen = thing;
    thing.row.classList.add('chosen');
    const what = el('p', { class: 'what' }, el('span', { class: 'when num' }, seconds(thing.t)), el('span', { class: 'kind' }, thing.kind), el('span', { class: 'words' }, thing.words));
    this.about.replaceChildren(what);
    const answer = thing.kind === 'request' && this.lanes.requests.find(one => one.event === thing).answer;
    for (const row of [thing.row, answer && answer.row]) {
      const more = row && $('details', row);
      if (!more) continue;
      if (row !== thing.row) this.about.append(el('p', { class: 'what' }, el('span', { class: 'when num' }, seconds(answer.t)), el('span', { class: 'kind' }, 'answer'), el('span', { class: 'words' }, answer.words)));
      for (const node of Array.from(more.children)) if (node.tagName !== 'SUMMARY') this.about.append(node.cloneNode(true));
    }
    if (thing.failing && this.data.failure) this.about.append(el('pre', {}, $('.failure details pre', this.data.section).textContent));
    setHash(this.data.section.dataset.case, thing.t);
    if (byHand) this.draw(); else this.reveal(thing.t);
  }
  find(text) {
    const wanted = text.trim().toLowerCase();
    this.hits = wanted ? this.data.events.filter(event => event.row.textContent.toLowerCase().includes(wanted)) : null;
    this.found = new Set(this.hits || []);
    for (const event of this.data.events) event.row.hidden = Boolean(this.hits) && !this.found.has(event);
    this.count.textContent = this.hits ? `${this.hits.length} found` : '';
    this.draw();
  }
  copy() {
    const t = this.chosen ? this.chosen.t : this.scale.time((this.from + this.to) / 2);
    setHash(this.data.section.dataset.case, t);
    copyAddress(() => {
      this.link.textContent = 'Copied';
      setTimeout(() => { this.link.textContent = 'Copy link'; }, 1500);
      this.plot.focus();
    });
  }

  draw() {
    const full = this.plot.clientWidth;
    if (!full) return;
    this.wide = full >= 640;
    this.gutter = this.wide ? 100 : 8;
    this.width = full - this.gutter - 12;
    this.right = full - 6;
    this.body = svg('g', {});
    this.y = AXIS + 4;
    this.ring = null;
    this.stepLanes();
    this.deviceLane();
    this.requestLane();
    this.connectionLane();
    this.markLane('Faults', this.lanes.faults, 'fault');
    this.markLane('Cloud', this.lanes.cloud, 'cloud');
    this.markLane('Messages', this.lanes.messages, 'message');
    this.markLane('Console', this.lanes.console, 'console', CONSOLE_ROWS);
    this.markLane('Pins', this.lanes.pins, 'pin');
    this.markLane('Notes', this.lanes.note, 'note');
    const height = this.y - 5;
    const clip = `clip${this.data.section.dataset.case}`;
    const picture = svg('svg', { width: full, height, viewBox: `0 0 ${full} ${height}`, 'aria-hidden': 'true' },
      svg('defs', {}, svg('clipPath', { id: clip }, svg('rect', { x: this.gutter - 2, y: 0, width: full - this.gutter + 2, height }))));
    const inside = svg('g', { 'clip-path': `url(#${clip})` });
    inside.append(this.folds(height), this.axis(height));
    picture.append(inside, this.body);
    this.body.setAttribute('clip-path', this.wide ? '' : `url(#${clip})`);
    inside.append(...this.overlay(height));
    this.plot.replaceChildren(picture);
  }
  x(t) { return this.gutter + (this.scale.place(t) - this.from) / (this.to - this.from) * this.width; }
  sees(x0, x1) { return x1 >= this.gutter - 2 && x0 <= this.right; }
  name(text) {
    if (this.wide) this.body.append(svg('text', { class: 'lane-name', x: 12, y: this.y + ROW / 2 }, text));
    else { this.body.append(svg('text', { class: 'lane-name', x: this.gutter, y: this.y + 8 }, text)); this.y += 17; }
  }
  endLane(rows) {
    this.y += rows * ROW + 5;
    this.body.append(svg('line', { class: 'rule', x1: 0, x2: this.right + 6, y1: this.y - 0.5, y2: this.y - 0.5 }));
    this.y += 5;
  }
  /** A mark that can be chosen; pale where a search does not find it. */
  mark(thing, kind, ...children) {
    const group = svg('g', { class: `mark ${kind}` }, svg('title', {}, `${seconds(thing.t)}  ${thing.words}`), ...children);
    group.thing = thing;
    if (this.hits) group.classList.add(this.found.has(thing) ? 'hit' : 'pale');
    this.body.append(group);
    return group;
  }
  around(thing, x0, x1, y, height) {
    if (thing.near) this.body.append(svg('rect', { class: 'near', x: x0 - 4, y: y - 2, width: x1 - x0 + 8, height: height + 4, rx: 5 }));
    if (thing === this.chosen) this.ring = svg('rect', { class: 'ring', x: x0 - 3, y: y - 2, width: x1 - x0 + 6, height: height + 4, rx: 4 });
  }
  text(x, y, text, kind) {
    const fits = Math.floor((this.right - x) / CHAR);
    if (fits < 3) return null;
    const shown = text.length > fits ? text.slice(0, fits - 1) + '…' : text;
    return svg('text', { x, y, class: kind }, shown);
  }
  /** On which side of a mark its words stand: behind it, or before it where only that side has the room. */
  side(x0, x1, words) {
    const length = words.length * CHAR + 5, turned = x1 + length > this.right && x0 - length > this.gutter && length < this.width / 2;
    return turned ? { turned, left: x0 - length, right: x1 + 8 } : { turned, left: x0, right: x1 + 8 + length };
  }
  stepLanes() {
    const { steps } = this.data;
    if (!steps.length) return;
    this.name('Steps');
    for (const step of steps) {
      if (step.state === 'skipped') continue;
      const x0 = this.x(step.t), x1 = Math.max(this.x(step.end), x0 + 4), y = this.y;
      this.y += ROW - 2;
      const seen0 = clamp(x0, this.gutter, this.right), seen1 = clamp(x1, this.gutter, this.right);
      const state = step.failing ? 'failed' : step.state;
      // The title stands behind the bar's beginning, or before it where there is no room.
      const room = this.right - seen0 - 10, need = Math.min(step.words.length, 46) * CHAR;
      const before = room < need && seen0 - this.gutter > room;
      const titleX = before ? Math.max(this.gutter, seen0 - 6 - step.words.length * CHAR) : seen0 + 2;
      const text = before ? step.words.slice(0, Math.floor((seen0 - 6 - titleX) / CHAR)) : step.words;
      const group = this.mark(step, `step s-${state}${step.failing ? ' failing' : ''}`,
        svg('rect', { x: seen0, y: y + 13, width: Math.max(seen1 - seen0, 3), height: 3, rx: 1.5 }),
        svg('rect', { x: seen0, y: y, width: Math.max(seen1 - seen0, 60), height: ROW - 3, opacity: 0, 'fill-opacity': 0 }),
        this.text(titleX, y + 6, (step.failing ? '✗ ' : '') + text));
      if (x1 < this.gutter || x0 > this.right) group.classList.add('pale');
      this.around(step, seen0, Math.max(seen1, seen0 + 20), y, ROW - 4);
    }
    this.endLane(0.1);
  }
  deviceLane() {
    const { device } = this.lanes;
    if (!device.length) return;
    this.name('Device');
    for (const part of device) {
      const x0 = this.x(part.t), x1 = this.x(part.end);
      if (!this.sees(x0, x1)) continue;
      const seen0 = Math.max(x0, this.gutter - 2), width = Math.max(Math.min(x1, this.right + 6) - seen0, 1.5);
      const fits = Math.floor((width - 8) / CHAR);
      const text = part.text.length <= fits ? part.text : fits >= 6 ? part.text.slice(0, fits - 1) + '…' : '';
      this.mark(part.event, part.jolt ? 'jolt' : 'part',
        svg('rect', { class: part.name, x: seen0, y: this.y, width, height: ROW - 2, rx: 2 }),
        part.jolt && svg('rect', { class: 'dot-mark', x: x0 - 1, y: this.y - 2, width: 3, height: ROW + 2 }),
        text && svg('text', { x: seen0 + 5, y: this.y + ROW / 2 - 1, class: part.name === 'dark' ? 'on-dark' : '' }, text));
      this.around(part.event, seen0, seen0 + width, this.y, ROW - 2);
    }
    this.endLane(1);
  }
  requestLane() {
    const { requests } = this.lanes;
    if (!requests.length) return;
    this.name('Requests');
    for (const request of requests) {
      request.x0 = this.x(request.t);
      request.x1 = Math.max(this.x(request.end), request.x0 + 8);
      Object.assign(request, this.side(request.x0, request.x1, request.label));
    }
    const seen = requests.filter(one => this.sees(one.x0, one.x1));
    const rows = pack(seen, one => one.right, MARK_ROWS);
    seen.forEach((one, index) => {
      const labeled = one.at >= 0, y = this.y + (labeled ? one.at : MARK_ROWS - 1) * ROW;
      const seen0 = Math.max(one.x0, this.gutter), seen1 = Math.min(one.x1, this.right);
      const group = this.mark(one.event, `req ${one.state}`,
        svg('rect', { x: seen0, y: y + 2, width: Math.max(seen1 - seen0, 2), height: ROW - 6, rx: 3 }),
        labeled && this.text(one.turned ? one.left : seen1 + 5, y + ROW / 2 - 1, one.label));
      if (one.event.state === 'refused') group.append(svg('rect', { class: 'sig', x: seen0, y: y + 2, width: Math.max(seen1 - seen0, 2), height: ROW - 6, rx: 3 }));
      if (this.hits && one.answer && this.found.has(one.answer)) { group.classList.remove('pale'); group.classList.add('hit'); }
      this.around(one.event, seen0, seen1, y + 2, ROW - 6);
      if (one.answer && one.answer === this.chosen) this.around(one.answer, seen0, seen1, y + 2, ROW - 6);
      if (one.answer && one.answer.near) this.around({ near: true }, seen0, seen1, y + 2, ROW - 6);
    });
    this.endLane(rows);
  }
  connectionLane() {
    const { connections } = this.lanes;
    if (!connections.length) return;
    this.name('Connections');
    for (const one of connections) { one.x0 = one.left = this.x(one.t); one.x1 = Math.max(this.x(one.end), one.x0 + 3); }
    const seen = connections.filter(one => this.sees(one.x0, one.x1));
    pack(seen, one => one.x1 + 2, 2);
    for (const one of seen) {
      const y = this.y + 2 + Math.max(one.at, 0) * 9, seen0 = Math.max(one.x0, this.gutter), seen1 = Math.min(one.x1, this.right);
      this.mark(one.event, `con ${one.state}`, svg('rect', { x: seen0, y, width: Math.max(seen1 - seen0, 2), height: 6, rx: 3 }));
      for (const event of [one.event, one.last]) if (event) this.around(event, seen0, seen1, y, 6);
    }
    this.endLane(1);
  }
  markLane(title, things, kind, rows) {
    if (!things.length) return;
    this.name(title);
    let last = -9;
    const seen = [];
    for (const thing of things) {
      thing.x0 = this.x(thing.t);
      thing.x1 = thing.met ? Math.max(this.x(thing.end), thing.x0) : thing.x0;
      if (!this.sees(thing.x0, thing.x1)) continue;
      Object.assign(thing, this.side(thing.x0 - 3, thing.x0 + 3, thing.text || thing.label));
      seen.push(thing);
    }
    const used = pack(seen, thing => thing.right, rows || MARK_ROWS);
    for (const thing of seen) {
      const words = thing.text || thing.label, labeled = thing.at >= 0, y = this.y + Math.max(thing.at, 0) * ROW;
      // Where dots would stand on each other, one stands for all.
      if (!labeled && thing.x0 - last < 1.5) continue;
      last = thing.x0;
      const x = Math.max(thing.x0, this.gutter);
      this.mark(thing.event, kind,
        thing.met && svg('rect', { x, y: y + ROW - 5, width: Math.max(Math.min(thing.x1, this.right) - x, 2), height: 3, rx: 1.5, opacity: 0.45 }),
        svg('circle', { class: 'dot-mark', cx: x, cy: y + ROW / 2 - 1, r: 3 }),
        labeled && this.text(thing.turned ? thing.left : x + 7, y + ROW / 2 - 1, words));
      for (const event of thing.met || []) {
        const at = this.x(event.t);
        if (!this.sees(at, at)) continue;
        this.mark(event, kind, svg('circle', { class: 'dot-mark', cx: at, cy: y + ROW / 2 - 1, r: 4.5 }));
        this.around(event, at - 4, at + 4, y + 4, ROW - 10);
      }
      this.around(thing.event, x - 3, x + 4, y + 4, ROW - 10);
    }
    this.endLane(used);
  }
  folds(height) {
    const group = svg('g', {});
    const { stops, isFold } = this.scale;
    for (let i = 0; i + 1 < stops.length; i++) {
      if (!isFold(i)) continue;
      const x0 = Math.max(this.x(stops[i]), this.gutter), x1 = Math.min(this.x(stops[i + 1]), this.right + 6);
      if (x1 - x0 > 1) group.append(svg('rect', { class: 'fold', x: x0, y: AXIS, width: x1 - x0, height }));
    }
    return group;
  }
  axis(height) {
    const group = svg('g', { class: 'tick' });
    const { stops } = this.scale;
    let last = -1e9;
    for (let i = 0; i + 1 < stops.length; i++) {
      const x0 = this.x(stops[i]), x1 = this.x(stops[i + 1]);
      if (!this.sees(x0, x1) || x1 - x0 < 1e-6) continue;
      const perPixel = (stops[i + 1] - stops[i]) / (x1 - x0);
      const step = STEPS.find(step => step / perPixel >= 84) || STEPS[STEPS.length - 1];
      const first = Math.ceil(Math.max(stops[i], stops[i] + (this.gutter - x0) * perPixel) / step) * step;
      for (let t = first, n = 0; t <= stops[i + 1] && n < 200; t += step, n++) {
        const x = this.x(t);
        if (x > this.right) break;
        if (x - last < 72) continue;
        last = x;
        const label = seconds(t, step);
        const turned = x + label.length * CHAR > this.right;
        group.append(svg('line', { x1: x, x2: x, y1: 0, y2: height }),
          svg('text', { x: turned ? x - 4 : x + 4, y: 13, 'text-anchor': turned ? 'end' : 'start' }, label));
      }
    }
    group.append(svg('line', { x1: 0, x2: this.right + 6, y1: AXIS - 0.5, y2: AXIS - 0.5 }));
    return group;
  }
  overlay(height) {
    const nodes = [], { failure, steps } = this.data;
    if (failure) {
      const step = steps.find(one => one.failing), x = this.x(failure.t);
      const x0 = step ? Math.max(this.x(step.t), this.gutter) : x;
      if (x > x0) nodes.push(svg('rect', { class: 'fail-window', x: x0, y: AXIS, width: x - x0, height }));
      if (this.sees(x, x)) {
        const left = clamp(x - 22, this.gutter, this.right - 44);
        nodes.push(svg('line', { class: 'fail-line', x1: x, x2: x, y1: AXIS, y2: height }),
          svg('g', { class: 'flag' }, svg('rect', { x: left, y: 5, width: 44, height: 16, rx: 8 }), svg('text', { x: left + 22, y: 13, 'text-anchor': 'middle' }, 'failed')));
      }
    }
    if (this.chosen) {
      const x = this.x(this.chosen.t);
      nodes.push(svg('line', { class: 'cursor', x1: x, x2: x, y1: AXIS, y2: height }));
    }
    if (this.ring) nodes.push(this.ring);
    return nodes;
  }
}
