// Countdowns: time[data-deadline], by the server's clock and never the device's.
// data-light (green, yellow, red) is what the server decided; without it yellow begins 24 hours before.
(function () {
  'use strict';

  const MINUTE = 60 * 1000;
  const DAY = 24 * 60 * MINUTE;
  const skew = (Date.parse(zq.meta('server-now')) || Date.now()) - Date.now();

  // The same words as cadres/templatetags/ui.py: words_for.
  function words(left) {
    const minutes = Math.floor(Math.abs(left) / MINUTE);
    const days = Math.floor(minutes / 1440);
    const hours = Math.floor(minutes % 1440 / 60);
    const rest = minutes % 60;
    const span = days ? days + '天' + hours + '小时' : hours ? hours + '小时' + rest + '分' : rest + '分钟';
    return (left < 0 ? '超期 ' : '剩 ') + span;
  }

  function light(left, decided) {
    if (left < 0) {
      return 'red';
    }
    return decided || (left < DAY ? 'yellow' : 'green');
  }

  function tick() {
    const now = Date.now() + skew;
    document.querySelectorAll('time[data-deadline]').forEach(function (time) {
      const left = Date.parse(time.dataset.deadline) - now;
      time.className = 'lamp lamp-' + light(left, time.dataset.light);
      time.textContent = words(left);
    });
  }

  tick();
  setInterval(tick, 30 * 1000);
  document.addEventListener('htmx:afterSwap', tick);
  // The page comes back from the browser's cache with old words.
  window.addEventListener('pageshow', tick);
})();
