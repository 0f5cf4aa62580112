// Lists: ticking rows, addresses without empty filters, and the way back to a filtered list.
(function () {
  'use strict';

  // --- ticking rows for a bulk action ---

  function showPicked() {
    const boxes = Array.from(document.querySelectorAll('[data-pick]'));
    const picked = boxes.filter(function (box) { return box.checked; });
    document.querySelectorAll('[data-bulk]').forEach(function (button) { button.disabled = !picked.length; });
    document.querySelectorAll('[data-selected]').forEach(function (count) { count.textContent = picked.length; });
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
      showPicked();
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

  // --- back to the list as it was left ---

  const KEY = 'list:';

  function remember() {
    if (document.getElementById('list')) {
      sessionStorage.setItem(KEY + location.pathname, location.search);
    }
  }

  document.addEventListener('htmx:pushedIntoHistory', remember);
  remember();
  document.querySelectorAll('a[data-back]').forEach(function (link) {
    link.search = sessionStorage.getItem(KEY + link.pathname) || '';
  });
})();
