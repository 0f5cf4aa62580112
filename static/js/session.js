// Warns before an idle session ends, and keeps the page as it is when it has ended.
(function () {
  'use strict';

  const WARN_BEFORE = 120;
  const body = document.body;
  const address = body.dataset.session;
  if (!address) {
    return;
  }
  const bar = document.getElementById('session-bar');
  const text = bar.querySelector('[data-session-text]');
  const stay = bar.querySelector('[data-session-stay]');
  const again = bar.querySelector('[data-session-again]');
  let timer;

  function ask(method) {
    const options = { method: method, headers: { 'X-CSRFToken': zq.meta('csrf-token') }, redirect: 'manual' };
    return fetch(address + (method === 'POST' ? 'stay/' : ''), options).then(function (answer) {
      // Once the session is over, the answer is the way to the sign-in page instead. A page from before somebody signed
      // in again, or changed for whom they act, is refused; the session goes on.
      return answer.ok ? answer.json() : { seconds: 0, isRefused: answer.status === 403 };
    });
  }

  function show(seconds) {
    clearTimeout(timer);
    bar.hidden = seconds > WARN_BEFORE;
    stay.hidden = seconds <= 0;
    again.hidden = seconds > 0;
    if (seconds <= 0) {
      text.textContent = '长时间未操作，已自动退出。本页没有提交的内容请先留着，在新窗口登录后再提交。';
    } else if (seconds <= WARN_BEFORE) {
      text.textContent = '长时间未操作，' + Math.max(1, Math.ceil(seconds / 60)) + ' 分钟内将自动退出。';
      timer = setTimeout(look, Math.min(seconds, 30) * 1000);
    } else {
      timer = setTimeout(look, (seconds - WARN_BEFORE) * 1000);
    }
  }

  // Another tab may have been used meanwhile: the server knows. Without a connection, look again later.
  function look() {
    ask('GET').then(function (answer) { show(answer.seconds); })
      .catch(function () { timer = setTimeout(look, 30000); });
  }

  stay.addEventListener('click', function () {
    ask('POST').then(function (answer) {
      if (answer.isRefused) {
        zq.toast('本页打开后办理身份已切换或已重新登录，请刷新本页');
        look();
      } else {
        show(answer.seconds);
      }
    }).catch(function () { zq.toast('网络不通，请稍后再试'); });
  });

  // A phone that slept, or a page that came back.
  document.addEventListener('visibilitychange', function () {
    if (!document.hidden) {
      look();
    }
  });

  timer = setTimeout(look, Math.max(0, Number(body.dataset.idle) - WARN_BEFORE) * 1000);
})();
