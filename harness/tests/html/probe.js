// Asks the page of a report what it sees, and writes the answers where a dump of the page shows them.
'use strict';
setTimeout(() => {
  const seen = [];
  const see = (name, is) => { if (is) seen.push(name); };
  const $ = selector => document.querySelector(selector);
  const section = () => document.querySelector('.case:not([hidden])');
  const press = (node, key) => node.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
  const about = () => section().querySelector('.about').textContent;

  const noOverflow = () => document.documentElement.scrollWidth <= innerWidth;
  if (!document.documentElement.classList.contains('js')) {
    const shows = node => node.getClientRects().length > 0;
    const cases = Array.from(document.querySelectorAll('.case'));
    see('all-cases', cases.length > 1 && cases.every(shows));
    see('no-dead-controls', !Array.from(document.querySelectorAll('.script, button')).some(shows));
    document.querySelectorAll('.events').forEach(details => { details.open = true; });
    see('all-events', Array.from(document.querySelectorAll('.events tbody tr')).length > 100);
    see('no-overflow', noOverflow());
    document.querySelectorAll('.events').forEach(details => { details.open = false; });
    document.documentElement.dataset.probe = seen.join(' ');
    return;
  }
  see('case-failing', document.querySelectorAll('.case:not([hidden])').length === 1 && section().querySelector('.failure'));
  // What follows needs a case with requests and a sleep to fold.
  Array.from(document.querySelectorAll('#case-list a')).find(link => link.textContent.includes('body differs')).click();
  const plot = section().querySelector('.plot');
  see('step-marked', plot.querySelectorAll('.step.failing').length === 1);
  see('flag', plot.querySelector('.flag text').textContent === 'failed' && plot.querySelector('.fail-line'));
  see('requests', plot.querySelector('.req rect'));
  see('console', plot.querySelector('.console text'));

  press(plot, 'Home');
  const first = about();
  press(plot, 'ArrowRight');
  see('keyboard', first !== about() && plot.querySelector('.cursor'));
  press(plot, 'f');
  see('details', about().includes('expect-'));
  see('link', /^#case=\d+&t=[\d.]+$/.test(location.hash));

  const wide = () => Array.from(plot.querySelectorAll('.tick text')).map(text => text.textContent).join();
  press(plot, '0');
  const before = wide();
  press(plot, '+');
  see('zoom', before !== wide());
  press(plot, '0');
  const fold = section().querySelector('.tools input[type=checkbox]');
  fold.click();
  see('fold', before !== wide());

  const search = section().querySelector('.find input');
  search.value = 'GET';
  search.dispatchEvent(new Event('input'));
  see('search', section().querySelectorAll('.events tbody tr[hidden]').length > 0 && plot.querySelector('.pale') && plot.querySelector('.hit'));

  const filter = $('#case-filter'), listed = () => document.querySelectorAll('#case-list li:not([hidden])').length;
  const all = listed();
  filter.value = 'odd';
  filter.dispatchEvent(new Event('input'));
  see('filter', listed() > 0 && listed() < all);
  $('#case-list li:not([hidden]) a').click();

  see('no-overflow', noOverflow() && !document.title.startsWith('1 ') && document.title !== '1');
  see(matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light', true);
  document.documentElement.dataset.probe = seen.join(' ');
}, 300);
