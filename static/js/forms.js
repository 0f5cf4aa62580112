// Forms: one submission however often the button is pressed, repeating rows, the way to what was refused.
(function () {
  'use strict';

  // --- one submission ---

  const SENDING = '提交中…';

  function lock(form, submitter) {
    form.dataset.sent = '1';
    // The pressed button's name and value are gathered after this event, so it is disabled a moment later.
    setTimeout(function () {
      form.querySelectorAll('button[type="submit"]').forEach(function (button) {
        button.dataset.label = button.innerHTML;
        button.disabled = true;
        if (button === submitter) {
          button.textContent = SENDING;
        }
      });
    }, 0);
  }

  function unlock() {
    document.querySelectorAll('form[data-sent]').forEach(function (form) {
      delete form.dataset.sent;
      form.querySelectorAll('button[data-label]').forEach(function (button) {
        button.innerHTML = button.dataset.label;
        button.disabled = false;
        delete button.dataset.label;
      });
    });
  }

  let pressed = null;

  // Chromium 83 has this already as event.submitter; the click also covers what came before it.
  document.addEventListener('click', function (event) {
    pressed = event.target.closest('button[type="submit"]');
  }, true);

  document.addEventListener('submit', function (event) {
    const form = event.target;
    if (!form.matches('[data-once]') || event.defaultPrevented) {
      return;
    }
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    if (!navigator.onLine) {
      event.preventDefault();
      zq.toast(form.dataset.draft ? '当前无网络，没有提交；内容已存本机，联网后再提交' : '当前无网络，没有提交，联网后再试');
      return;
    }
    const inForm = form.querySelector('.actbar button[type="submit"].btn-primary, button[type="submit"].btn-primary');
    lock(form, event.submitter || (pressed && pressed.form === form ? pressed : inForm));
  });

  // A page that comes back from the browser's cache may be sent again; so may a form after an htmx answer.
  window.addEventListener('pageshow', function (event) {
    if (event.persisted) {
      unlock();
    }
  });
  document.addEventListener('htmx:afterRequest', unlock);

  // --- repeating rows of a formset ---

  function visibleRows(box) {
    return Array.from(box.querySelectorAll('[data-row]')).filter(function (row) { return !row.hidden; });
  }

  function renumber(box) {
    const rows = visibleRows(box);
    rows.forEach(function (row, index) {
      row.querySelectorAll('[data-row-number]').forEach(function (number) { number.textContent = index + 1; });
    });
    document.querySelectorAll('[data-row-count="' + box.dataset.rows + '"]').forEach(function (count) {
      count.textContent = rows.length;
    });
  }

  function total(box) {
    return box.querySelector('input[name="' + box.dataset.rows + '-TOTAL_FORMS"]');
  }

  function addRow(box) {
    const counter = total(box);
    const template = box.querySelector('template[data-row-template]');
    const holder = document.createElement('div');
    holder.innerHTML = template.innerHTML.replace(/__prefix__/g, counter.value);
    const row = holder.firstElementChild;
    template.parentNode.insertBefore(row, template);
    counter.value = Number(counter.value) + 1;
    renumber(box);
    return row;
  }

  function removeRow(row) {
    const box = row.closest('[data-rows]');
    const mark = row.querySelector('input[name$="-DELETE"]');
    if (mark) {
      mark.type === 'checkbox' ? mark.checked = true : mark.value = 'on';
    }
    row.hidden = true;
    renumber(box);
    box.dispatchEvent(new Event('input', { bubbles: true }));
  }

  document.addEventListener('click', function (event) {
    const add = event.target.closest('[data-row-add]');
    if (add) {
      event.preventDefault();
      const row = addRow(add.closest('[data-rows]'));
      const first = row.querySelector('input:not([type="hidden"]), select, textarea');
      if (first) {
        first.focus();
      }
      return;
    }
    const remove = event.target.closest('[data-row-delete]');
    if (remove) {
      event.preventDefault();
      removeRow(remove.closest('[data-row]'));
    }
  });

  document.querySelectorAll('[data-rows]').forEach(renumber);

  // --- parts that belong to one choice ---

  // <fieldset data-when="kind=project"> is seen and sent while that is chosen; without scripts it is always there.
  function showParts() {
    document.querySelectorAll('fieldset[data-when]').forEach(function (part) {
      const wanted = part.dataset.when.split('=');
      const chosen = part.form.querySelector('[name="' + wanted[0] + '"]:checked');
      part.hidden = part.disabled = !chosen || chosen.value !== wanted[1];
    });
  }

  document.addEventListener('change', showParts);
  window.addEventListener('pageshow', showParts);
  showParts();

  // --- what was refused ---

  function focusErrors() {
    const box = document.querySelector('[data-focus]');
    if (box) {
      box.focus();
    }
  }

  // A link in the red box goes to its field and into it.
  document.addEventListener('click', function (event) {
    const link = event.target.closest('.errsum a[href^="#"]');
    const field = link && document.getElementById(link.hash.slice(1));
    if (field) {
      event.preventDefault();
      field.focus();
      field.scrollIntoView({ block: 'center' });
    }
  });

  focusErrors();
  document.addEventListener('htmx:afterSwap', focusErrors);

  if (window.zq) {
    window.zq.addRow = addRow;
    window.zq.renumber = renumber;
  }
})();
