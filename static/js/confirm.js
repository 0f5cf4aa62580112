// A question before what can't be undone: data-confirm on a submit button names the object and the count,
// data-confirm-verb is what the button of the answer says. A Bootstrap modal, since old engines lack <dialog>.
(function () {
  'use strict';

  function element(tag, className, text) {
    const made = document.createElement(tag);
    made.className = className;
    made.textContent = text || '';
    return made;
  }

  function ask(question, verb, isDangerous, proceed) {
    const modal = element('div', 'modal');
    modal.tabIndex = -1;
    modal.setAttribute('aria-labelledby', 'confirm-title');
    const dialog = element('div', 'modal-dialog modal-dialog-centered');
    const content = element('div', 'modal-content');
    const body = element('div', 'modal-body');
    const title = element('h2', 'confirm-question', question);
    title.id = 'confirm-title';
    const buttons = element('div', 'confirm-buttons');
    const cancel = element('button', 'btn btn-default', '取消');
    const go = element('button', 'btn ' + (isDangerous ? 'btn-danger' : 'btn-primary'), verb);
    cancel.type = go.type = 'button';
    buttons.append(cancel, go);
    body.append(title, buttons);
    content.append(body);
    dialog.append(content);
    modal.append(dialog);
    document.body.append(modal);

    const shown = new bootstrap.Modal(modal);
    let isAgreed = false;
    cancel.addEventListener('click', function () { shown.hide(); });
    go.addEventListener('click', function () { isAgreed = true; shown.hide(); });
    modal.addEventListener('shown.bs.modal', function () { cancel.focus(); });
    modal.addEventListener('hidden.bs.modal', function () {
      modal.remove();
      if (isAgreed) {
        proceed();
      }
    });
    shown.show();
  }

  document.addEventListener('click', function (event) {
    const button = event.target.closest('[data-confirm]');
    if (!button || button.dataset.agreed) {
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    const verb = button.dataset.confirmVerb || button.textContent.trim();
    ask(button.dataset.confirm, verb, button.classList.contains('btn-danger'), function () {
      button.dataset.agreed = '1';
      button.click();
      delete button.dataset.agreed;
    });
  }, true);
})();
