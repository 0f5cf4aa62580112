// Short messages in the corner, and the name under which the other scripts of this site find each other.
// All scripts: no inline code, no eval, syntax not above ES2018.
window.zq = (function () {
  'use strict';

  const SHOWN_FOR = 6000;

  function toast(text, kind) {
    const box = document.getElementById('toasts');
    if (!box) {
      return;
    }
    const notice = document.createElement('div');
    notice.className = 'notice notice-' + (kind || 'error');
    notice.setAttribute('role', 'alert');
    notice.textContent = text;
    box.appendChild(notice);
    setTimeout(function () { notice.remove(); }, SHOWN_FOR);
  }

  function clock(moment) {
    return String(moment.getHours()).padStart(2, '0') + ':' + String(moment.getMinutes()).padStart(2, '0');
  }

  function meta(name) {
    const element = document.querySelector('meta[name="' + name + '"]');
    return element ? element.content : '';
  }

  // The server names a message in the header HX-Trigger: {"toast": {"text": "…", "kind": "success"}}.
  document.addEventListener('toast', function (event) { toast(event.detail.text, event.detail.kind); });

  return { toast: toast, clock: clock, meta: meta };
})();
