// Asks a page without a script of its own, as those of a fleet and of a sweep, what it sees.
'use strict';
setTimeout(() => {
  const seen = [];
  const see = (name, is) => { if (is) seen.push(name); };
  see('verdict', document.querySelector('h1').textContent.trim() !== '' && document.title.endsWith(' · Shadowrig'));
  see('content', document.querySelectorAll('main section').length > 1 && document.querySelector('main svg, main table'));
  // What is wider than its place can be scrolled to by keyboard, and says what it is.
  const wide = Array.from(document.querySelectorAll('.scroll'));
  see('keyboard', wide.every(node => node.tabIndex === 0 && node.getAttribute('aria-label')));
  see('no-overflow', document.documentElement.scrollWidth <= innerWidth);
  see('alone', !document.querySelector('script[src], link[href]:not([href^="data:"]), img[src^="http"]'));
  see(matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light', true);
  document.documentElement.dataset.probe = seen.join(' ');
}, 300);
