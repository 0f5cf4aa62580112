// The frame: the account menu closes by itself, and so does the menu drawer of phones.
(function () {
  'use strict';

  function closeMenus(except) {
    document.querySelectorAll('details[data-closes][open]').forEach(function (menu) {
      if (menu !== except) {
        menu.open = false;
      }
    });
  }

  document.addEventListener('click', function (event) { closeMenus(event.target.closest('details[data-closes]')); });

  document.addEventListener('keydown', function (event) {
    if (event.key !== 'Escape') {
      return;
    }
    closeMenus(null);
    if (location.hash === '#menu') {
      location.hash = '#main';
    }
  });

  // The keyboard follows into the drawer.
  window.addEventListener('hashchange', function () {
    const first = location.hash === '#menu' && document.querySelector('#menu a');
    if (first) {
      first.focus();
    }
  });
})();
