
/** Scrolls a list to one of its entries, and nothing else. */
function reach(link) {
  const list = $('#case-list'), top = link.offsetTop - list.offsetTop;
  if (top < list.scrollTop || top + link.offsetHeight > list.scrollTop + list.clientHeight) list.scrollTop = top - list.clientHeight / 3;
}
const sections = new Map(all('.case').map(section => [section.dataset.case, section]));
const drawn = new Map();
let shown = null;
function setHash(number, t) {
  const hash = `#case=${number}&t=${(t / SECOND).toFixed(6).replace(/\.?0+$/, '')}`;
  try { history.replaceState(null, '', hash); } catch (_) { location.hash = hash; }
}
/** Puts the page's address where it can be pasted from; pages from a file may not do it in the first way. */
function copyAddress(done) {
  const byHand = () => {
    const area = el('textarea', { readonly: '' });
    area.value = location.href;
    document.body.append(area);
    area.select();
    if (document.execCommand('copy')) done();
    area.remove();
  };
  if (navigator.clipboard) navigator.clipboard.writeText(location.href).then(done, byHand); else byHand();
}
function showCase(number) {
  if (!sections.has(number)) return null;
  for (const [key, section] of sections) section.hidden = key !== number;
  for (const link of all('#case-list a')) {
    link.removeAttribute('aria-current');
    if (link.dataset.case !== number) continue;
    link.setAttribute('aria-current', 'true');
    reach(link);
  }
  shown = number;
  if (!drawn.has(number)) {
    const data = read(sections.get(number));
    drawn.set(number, data.events.length || data.steps.length ? new TimeLine(data) : null);
  }
  const line = drawn.get(number);
  if (line) line.draw();
  return line;
}
/** Goes to what the address names: `#case=3&t=12.345`, or the names of the page without its script. */
function follow() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  const plain = /^#c(\d+)(e\d+)?$/.exec(location.hash);
  const number = wanted.get('case') || (plain && plain[1]);
  if (!number || !sections.has(number)) return false;
  const line = showCase(number);
  const row = plain && plain[2] && document.getElementById(location.hash.slice(1));
  const t = row ? num(row.dataset.t) : wanted.get('t') === null ? null : num(wanted.get('t')) * SECOND;
  if (line && t !== null) at(line, t);
  return true;
}
function at(line, t) {
  const { events, steps } = line.data;
  const closest = [...events, ...steps].reduce((best, one) => !best || Math.abs(one.t - t) < Math.abs(best.t - t) ? one : best, null);
  line.choose(closest);
}
function start() {
  document.documentElement.classList.add('js');
  const filter = $('#case-filter'), items = all('#case-list li');
  const only = new Set();
  const apply = () => {
    const text = filter.value.trim().toLowerCase();
    let left = 0;
    for (const item of items) {
      item.hidden = (only.size > 0 && !only.has(item.dataset.status)) || !item.textContent.toLowerCase().includes(text);
      if (!item.hidden) left++;
    }
    $('#case-none').hidden = left > 0;
  };
  filter.addEventListener('input', apply);
  for (const item of all('#counts .count')) {
    const status = item.dataset.status;
    const button = el('button', { type: 'button', class: item.className, 'aria-pressed': 'false', title: 'Show only these' });
    button.append(...item.childNodes);
    item.replaceChildren(button);
    item.removeAttribute('class');
    button.addEventListener('click', () => {
      if (only.has(status)) only.delete(status); else only.add(status);
      button.setAttribute('aria-pressed', String(only.has(status)));
      apply();
    });
  }
  $('#case-list').addEventListener('click', event => {
    const link = event.target.closest('a');
    if (!link) return;
    event.preventDefault();
    showCase(link.dataset.case);
    try { history.replaceState(null, '', `#case=${link.dataset.case}`); } catch (_) { location.hash = `#case=${link.dataset.case}`; }
    if (matchMedia('(max-width: 820px)').matches) sections.get(link.dataset.case).scrollIntoView();
  });
  $('#case-list').addEventListener('keydown', event => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const links = items.filter(item => !item.hidden).map(item => $('a', item));
    const to = step && links[links.indexOf(document.activeElement) + step];
    if (to) { event.preventDefault(); to.focus(); }
  });
  $('main').addEventListener('click', event => {
    const link = event.target.closest('a[data-at]');
    const line = link && drawn.get(shown);
    if (!line) return;
    event.preventDefault();
    const row = link.closest('tr');
    line.choose([...line.data.events, ...line.data.steps].find(one => one.row === row));
    line.plot.scrollIntoView({ block: 'nearest' });
  });
  document.addEventListener('keydown', event => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || /^(input|textarea)$/i.test(event.target.tagName)) return;
    const line = drawn.get(shown);
    if (line) { event.preventDefault(); line.search.focus(); }
  });
  addEventListener('hashchange', follow);
  if (follow()) return;
  const worst = ['fail', 'error', 'interrupted', 'flaky', 'pass', 'skip'].map(status => items.find(item => item.dataset.status === status)).find(Boolean);
  if (worst) showCase($('a', worst).dataset.case);
}
start();
})();
