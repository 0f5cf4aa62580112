// What every htmx request has in common: the CSRF token, an expired session, refusals, a lost connection.
(function () {
  'use strict';

  const SENTENCES = {
    401: '登录已过期，请重新登录',
    403: '没有权限，页面停留过久，或办理身份已切换，请刷新后重试',
    404: '内容已不存在，或不在你的工作范围内',
    503: '系统正在恢复，内容可能没有提交，请稍后再试一次',
  };

  document.addEventListener('htmx:configRequest', function (event) {
    event.detail.headers['X-CSRFToken'] = zq.meta('csrf-token');
  });

  // A request that gives way to a newer one is no error, so htmx need not write it into the console. What did go wrong
  // it writes twice, the first time as the end of the request.
  const QUIET = ['htmx:sendAbort', 'htmx:afterRequest'];
  htmx.logger = function (element, name, detail) {
    if (QUIET.includes(name)) {
      delete detail.error;
    }
  };

  // An expired session answers 401 with HX-Redirect, which htmx follows by itself.
  document.addEventListener('htmx:responseError', function (event) {
    const answer = event.detail.xhr;
    const trace = answer.getResponseHeader('X-Request-ID');
    const sentence = SENTENCES[answer.status] || '系统出错，请稍后重试' + (trace ? '（追踪号 ' + trace + '）' : '');
    zq.toast(sentence);
  });

  document.addEventListener('htmx:sendError', function () { zq.toast('网络不通，内容没有提交'); });
  document.addEventListener('htmx:timeout', function () { zq.toast('服务器没有回应，请稍后重试'); });

  function showConnection() {
    document.querySelectorAll('[data-offline]').forEach(function (bar) { bar.hidden = navigator.onLine; });
  }

  window.addEventListener('online', showConnection);
  window.addEventListener('offline', showConnection);
  showConnection();
})();
