// Lists: ticking rows, addresses without empty filters, and the way back to a filtered list.
(function () {
  'use strict';

  // --- ticking rows for a bulk action ---

  function showPicked() {
    const boxes = Array.from(document.querySelectorAll('[data-pick]'));
    const picked = boxes.filter(function (box) { return box.checked; });
    // One box stands for all rows that the filters find, on this page and beyond.
    const every = document.querySelector('[data-pick-every]:checked');
    const count = every ? every.dataset.pickEvery : picked.length;
    document.querySelectorAll('[data-bulk]').forEach(function (button) { button.disabled = !every && !picked.length; });
    document.querySelectorAll('[data-selected]').forEach(function (words) { words.textContent = count; });
    document.querySelectorAll('[data-pick-all]').forEach(function (all) {
      all.checked = boxes.length > 0 && picked.length === boxes.length;
      all.indeterminate = picked.length > 0 && picked.length < boxes.length;
    });
    boxes.forEach(function (box) { box.closest('tr').classList.toggle('is-picked', box.checked); });
  }

  document.addEventListener('change', function (event) {
    if (event.target.matches('[data-pick-all]')) {
      document.querySelectorAll('[data-pick]').forEach(function (box) { box.checked = event.target.checked; });
    }
    if (event.target.matches('[data-pick], [data-pick-all]')) {
      document.querySelectorAll('[data-pick-every]').forEach(function (box) { box.checked = false; });
    }
    if (event.target.matches('[data-pick], [data-pick-all], [data-pick-every]')) {
      showPicked();
    }
  });
  document.addEventListener('click', function (event) {
    if (event.target.closest('[data-print]')) {
      window.print();
    }
  });
  document.addEventListener('htmx:afterSwap', showPicked);
  window.addEventListener('pageshow', showPicked);

  // --- filters: what is empty is not said ---

  document.addEventListener('htmx:configRequest', function (event) {
    if (!event.target.matches('[data-filters]')) {
      return;
    }
    const parameters = event.detail.parameters;
    Object.keys(parameters).forEach(function (name) {
      if (parameters[name] === '') {
        delete parameters[name];
      }
    });
  });

  document.addEventListener('formdata', function (event) {
    if (event.target.matches('[data-filters], [role="search"]')) {
      Array.from(event.formData.entries()).forEach(function (entry) {
        if (entry[1] === '') {
          event.formData.delete(entry[0]);
        }
      });
    }
  });

  // --- back to the list as it was left: its filters and page, where it was scrolled to, the row that was opened ---

  const KEY = 'list:';
  const RETURNING = 'list-returning';

  function left(path) {
    try {
      return JSON.parse(sessionStorage.getItem(KEY + path)) || {};
    } catch (error) {
      return {};
    }
  }

  function rowCount() {
    return document.querySelectorAll('#rows > tr').length;
  }

  function remember(place) {
    if (document.getElementById('list')) {
      const now = Object.assign({ search: location.search }, place);
      sessionStorage.setItem(KEY + location.pathname, JSON.stringify(now));
    }
  }

  // Whoever follows a link out of a row comes back to it.
  document.addEventListener('click', function (event) {
    const link = event.target.closest('#rows a[href]');
    if (link) {
      remember({ row: link.getAttribute('href'), scrolled: window.scrollY, rows: rowCount() });
    }
  });

  function linkOf(place) {
    return Array.from(document.querySelectorAll('#rows a[href]')).find(function (link) {
      return link.getAttribute('href') === place.row;
    });
  }

  function goTo(place) {
    const link = linkOf(place);
    if (link) {
      link.closest('tr').classList.add('is-returned');
      link.focus({ preventScroll: true });
    }
    window.scrollTo({ top: place.scrolled, behavior: 'instant' });
  }

  // On phones rows may have been appended; they are fetched again before the list is scrolled.
  function goBackTo(place) {
    const more = document.querySelector('#pager .addrow');
    if (linkOf(place) || rowCount() >= place.rows || !more || !more.offsetParent) {
      goTo(place);
      return;
    }
    const before = rowCount();
    document.addEventListener('htmx:afterSettle', function settled() {
      if (rowCount() > before) {
        document.removeEventListener('htmx:afterSettle', settled);
        goBackTo(place);
      }
    });
    more.click();
  }

  function isComingBack() {
    const cameBy = performance.getEntriesByType('navigation')[0];
    const followed = sessionStorage.getItem(RETURNING) === location.pathname;
    sessionStorage.removeItem(RETURNING);
    return followed || Boolean(cameBy) && cameBy.type === 'back_forward';
  }

  function arrive() {
    const place = left(location.pathname);
    if (isComingBack() && place.search === location.search && place.row) {
      goBackTo(place);
    } else {
      remember();
    }
  }

  document.addEventListener('htmx:pushedIntoHistory', function () { remember(); });
  document.querySelectorAll('a[data-back]').forEach(function (link) {
    link.search = left(link.pathname).search || '';
    link.addEventListener('click', function () { sessionStorage.setItem(RETURNING, link.pathname); });
  });
  if (document.getElementById('list')) {
    // htmx takes hold of the page when it is ready; the rows on phones are fetched by it.
    window.addEventListener('load', arrive);
  }
})();
