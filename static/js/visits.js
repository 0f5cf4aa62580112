// A draft of a visit is kept on this device and on the server: it is offered once, and given up in both places.
(function () {
  'use strict';

  const PREFIX = 'draft:' + document.body.dataset.user + ':visit:';
  const LATER = 60 * 1000;

  function read(key) {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch (error) {
      return null;
    }
  }

  function idOf(pairs) {
    const found = pairs.find(function (pair) { return pair[0] === 'client_id'; });
    return found ? found[1] : '';
  }

  function forgetHere(id) {
    Object.keys(localStorage).forEach(function (key) {
      const draft = key.startsWith(PREFIX) && read(key);
      if (draft && idOf(draft.pairs) === id) {
        localStorage.removeItem(key);
      }
    });
  }

  // What the server offers is hidden where this device offers the same draft, unless another device has gone on with it.
  function offerOnce(form) {
    const offer = document.querySelector('[data-server-draft]');
    const kept = read(PREFIX + form.dataset.draftObject);
    if (offer && kept && idOf(kept.pairs) === offer.dataset.serverDraft) {
      offer.hidden = Number(offer.dataset.savedAt) * 1000 < kept.at + LATER;
    }
  }

  document.querySelectorAll('form[data-draft="visit"]').forEach(function (form) {
    offerOnce(form);
    form.addEventListener('draft:discarded', function (event) {
      const id = idOf(event.detail.pairs);
      const offer = document.querySelector('[data-server-draft="' + id + '"]');
      if (offer) {
        offer.remove();
      }
      const body = new FormData();
      body.append('client_id', id);
      fetch(form.dataset.discardUrl, {
        method: 'POST', body: body, credentials: 'same-origin', redirect: 'manual',
        headers: { 'X-CSRFToken': zq.meta('csrf-token'), 'HX-Request': 'true' },
      }).catch(function () { /* the list of drafts still offers it */ });
    });
  });

  // What was done on the spot is asked for where it was solved on the spot.
  function showSettlements() {
    document.querySelectorAll('[data-settlement]').forEach(function (box) {
      box.hidden = !box.closest('[data-row]').querySelector('input[name$="-settled"]').checked;
    });
  }

  document.addEventListener('change', function (event) {
    if (event.target.matches('input[name$="-settled"]')) {
      showSettlements();
    }
  });
  document.addEventListener('click', function (event) {
    if (event.target.closest('[data-row-add]')) {
      setTimeout(showSettlements, 0);
    }
  });
  showSettlements();

  document.addEventListener('submit', function (event) {
    if (event.target.dataset.discards && !event.defaultPrevented) {
      forgetHere(event.target.dataset.discards);
    }
  });
})();
