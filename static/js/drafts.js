// Drafts: what is typed is kept on this device 0.8 s later, for this person (and for whom they act), form and object, for 7 days.
// They outlive a lost connection and an idle sign-out; submitting and signing out on purpose remove them.
(function () {
  'use strict';

  const PREFIX = 'draft:';
  const SENT = 'draft-sent';
  const LOCAL_AFTER = 800;
  const SERVER_AFTER = 3000;
  const KEPT_FOR = 7 * 24 * 60 * 60 * 1000;
  const UNKEPT = ['csrfmiddlewaretoken'];
  // 7, or 7-12 where cadre 7 acts for cadre 12.
  const user = document.body.dataset.user;
  const person = user.split('-')[0];
  // Between signing out and the next page nothing is kept any more: a field's last change is told as the button is pressed.
  let isSigningOut = false;

  function read(key) {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch (error) {
      return null;
    }
  }

  function keys() {
    return Object.keys(localStorage).filter(function (key) { return key.startsWith(PREFIX); });
  }

  function forgetOld() {
    keys().forEach(function (key) {
      const draft = read(key);
      if (!draft || Date.now() - draft.at > KEPT_FOR) {
        localStorage.removeItem(key);
      }
    });
  }

  function forgetMine() {
    isSigningOut = true;
    keys().forEach(function (key) {
      if (key.startsWith(PREFIX + person + ':') || key.startsWith(PREFIX + person + '-')) {
        localStorage.removeItem(key);
      }
    });
  }

  // [name, value] pairs; files can't be kept.
  function contents(form) {
    return Array.from(new FormData(form).entries()).filter(function (entry) {
      return typeof entry[1] === 'string' && !UNKEPT.includes(entry[0]);
    });
  }

  function fill(form, pairs) {
    const values = Object.create(null);
    pairs.forEach(function (pair) { (values[pair[0]] = values[pair[0]] || []).push(pair[1]); });
    form.querySelectorAll('[data-rows]').forEach(function (box) {
      const wanted = Number((values[box.dataset.rows + '-TOTAL_FORMS'] || [0])[0]);
      const counter = form.elements[box.dataset.rows + '-TOTAL_FORMS'];
      while (Number(counter.value) < wanted) {
        zq.addRow(box);
      }
    });
    Array.from(form.elements).forEach(function (field) {
      if (!field.name || UNKEPT.includes(field.name) || field.type === 'file' || field.tagName === 'BUTTON') {
        return;
      }
      const kept = values[field.name];
      if (field.type === 'radio' || field.type === 'checkbox') {
        field.checked = Boolean(kept) && kept.includes(field.value);
      } else if (field.tagName === 'SELECT' && field.multiple) {
        Array.from(field.options).forEach(function (option) { option.selected = Boolean(kept) && kept.includes(option.value); });
      } else if (kept) {
        field.value = kept.shift();
      }
    });
    form.querySelectorAll('[data-row]').forEach(function (row) {
      const mark = row.querySelector('input[name$="-DELETE"]');
      row.hidden = Boolean(mark) && (mark.type === 'checkbox' ? mark.checked : mark.value === 'on');
    });
    form.querySelectorAll('[data-rows]').forEach(zq.renumber);
    // Widgets that listen to their field learn of the new value.
    Array.from(form.elements).forEach(function (field) { field.dispatchEvent(new Event('change', { bubbles: true })); });
  }

  function keep(form) {
    const key = PREFIX + user + ':' + form.dataset.draft + ':' + (form.dataset.draftObject || '');
    const state = form.querySelector('[data-draft-state]');
    const blank = JSON.stringify(contents(form));
    let localTimer = 0;
    let serverTimer = 0;
    let isRestoring = false;

    function say(text) {
      if (state) {
        state.textContent = text;
      }
    }

    function saveHere() {
      if (isSigningOut) {
        return;
      }
      try {
        localStorage.setItem(key, JSON.stringify({ at: Date.now(), pairs: contents(form) }));
        say('草稿已存本机 ' + zq.clock(new Date()));
      } catch (error) {
        say('本机存储已满，草稿没有保存');
      }
    }

    function saveThere() {
      if (isSigningOut) {
        return;
      }
      const body = new FormData(form);
      Array.from(body.entries()).forEach(function (entry) {
        if (typeof entry[1] !== 'string') {
          body.delete(entry[0]);
        }
      });
      fetch(form.dataset.draftUrl, {
        method: 'POST', body: body, credentials: 'same-origin', redirect: 'error',
        headers: { 'X-CSRFToken': zq.meta('csrf-token'), 'HX-Request': 'true' },
      }).then(function (answer) {
        if (answer.ok) {
          say('草稿已自动保存 ' + zq.clock(new Date()));
        }
      }).catch(function () { /* it is kept on the device, and the yellow bar tells of the connection */ });
    }

    function changed() {
      if (isRestoring || form.dataset.sent) {
        return;
      }
      clearTimeout(localTimer);
      localTimer = setTimeout(saveHere, LOCAL_AFTER);
      if (form.dataset.draftUrl) {
        clearTimeout(serverTimer);
        serverTimer = setTimeout(saveThere, SERVER_AFTER);
      }
    }

    function offer(draft) {
      const bar = document.createElement('div');
      bar.className = 'draftbar';
      bar.setAttribute('role', 'status');
      bar.append('有 ' + when(new Date(draft.at)) + ' 的草稿');
      bar.append(button('继续填写', 'btn-primary', function () {
        isRestoring = true;
        fill(form, draft.pairs);
        isRestoring = false;
        bar.remove();
        say('已恢复草稿');
      }));
      bar.append(button('放弃', 'btn-default', function () {
        localStorage.removeItem(key);
        bar.remove();
        form.dispatchEvent(new CustomEvent('draft:discarded', { detail: { pairs: draft.pairs } }));
      }));
      form.parentNode.insertBefore(bar, form);
    }

    form.addEventListener('input', changed);
    form.addEventListener('change', changed);
    form.addEventListener('submit', function () {
      clearTimeout(localTimer);
      clearTimeout(serverTimer);
      saveHere();
      sessionStorage.setItem(SENT, key);
    });

    const draft = read(key);
    const isRefused = Boolean(document.querySelector('.errsum'));
    if (draft && !isRefused && JSON.stringify(draft.pairs) !== blank) {
      offer(draft);
    }
  }

  function when(moment) {
    const isToday = moment.toDateString() === new Date().toDateString();
    return (isToday ? '' : moment.getMonth() + 1 + ' 月 ' + moment.getDate() + ' 日 ') + zq.clock(moment);
  }

  function button(label, kind, act) {
    const element = document.createElement('button');
    element.type = 'button';
    element.className = 'btn btn-sm ' + kind;
    element.textContent = label;
    element.addEventListener('click', act);
    return element;
  }

  // Only the green notice says that a submission arrived: not an error page, nor the sign-in page, nor a lost connection.
  function forgetSent() {
    const sent = sessionStorage.getItem(SENT);
    sessionStorage.removeItem(SENT);
    if (sent && document.querySelector('.notice-success')) {
      localStorage.removeItem(sent);
    }
  }

  if (!user) {
    return;
  }
  forgetSent();
  forgetOld();
  document.querySelectorAll('form[data-draft]').forEach(keep);
  document.querySelectorAll('[data-signs-out]').forEach(function (form) { form.addEventListener('submit', forgetMine); });
  // Whoever comes back to this page was not signed out: the connection was lost.
  window.addEventListener('pageshow', function () { isSigningOut = false; });
})();
