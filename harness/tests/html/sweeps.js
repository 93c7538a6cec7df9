// Asks the pages of `explore` and `simulate` what they show, and writes the answers where a dump of the page shows them.
'use strict';
setTimeout(() => {
  const seen = [];
  const see = (name, is) => { if (is) seen.push(name); };
  const all = selector => Array.from(document.querySelectorAll(selector));
  const box = node => node.getBoundingClientRect();
  const fits = node => box(node).left >= 0 && box(node).right <= innerWidth + 1;

  see('no-overflow', document.documentElement.scrollWidth <= innerWidth);
  see('head', document.querySelector('header h1').textContent.length > 0 && fits(document.querySelector('header h1')));
  see(getComputedStyle(document.body).backgroundColor.match(/\d+/g).slice(0, 3).every(part => part > 127) ? 'light' : 'dark', true);

  // What is wider than its place can be reached by keyboard, and says what it is.
  see('keyboard', all('.scroll').every(node => node.tabIndex === 0 && node.getAttribute('aria-label')));

  // A sweep: each sign of the matrix is explained, and each failure has its scenario.
  const signs = all('.signs dt').map(node => node.textContent.trim());
  const cells = all('td.cell').map(node => node.textContent.trim()).filter(text => text !== '');
  see('matrix', all('.matrix').length >= 3 && cells.length > 100 && cells.every(sign => signs.includes(sign)));
  see('broken-cells', all('td.cell.broken').length > 0);
  see('rows-stay', all('.matrix tbody th').every(node => getComputedStyle(node).position === 'sticky' && box(node).left >= 0));
  const scenarios = all('details.found pre');
  all('details').forEach(details => { details.open = true; });
  see('scenarios', scenarios.length > 0 && scenarios.every(pre => pre.textContent.includes('steps:')) && scenarios.every(fits));

  // A fleet: three plots whose words can be read, the violations, and the command that shows them again.
  const plots = all('svg');
  see('plots', plots.length === 3 && plots.every(svg => fits(svg) && box(svg).height > 80));
  see('lines', all('polyline').length >= 8 && all('polyline').every(line => box(line).width > 0));
  see('words-of-plots', plots.length > 0 && all('svg text').every(text => box(text).height >= 8 && fits(text)));
  see('violations', all('main.fleet tbody tr').length > 10 && all('main.fleet details tbody tr').length > 0);
  see('again', all('code').some(code => code.textContent.startsWith('shadowrig simulate --devices ')));
  see('open-no-overflow', document.documentElement.scrollWidth <= innerWidth);
  document.documentElement.dataset.probe = seen.join(' ');
}, 300);
