// Photos of a visit: shrunk here, sent to the draft one after the other, and kept in their field until they have arrived,
// so that whatever could not be sent goes with the form itself.
(function () {
  'use strict';

  const EDGE = 1600;
  const QUALITY = 0.85;
  const SMALL = 1024 * 1024;

  // The photo as a JPEG of at most EDGE pixels a side, upright; the file itself where this browser can't read it.
  function shrink(file) {
    return new Promise(function (resolve) {
      const address = URL.createObjectURL(file);
      const image = new Image();
      function done(blob) {
        URL.revokeObjectURL(address);
        const isSmaller = blob && blob.size < file.size;
        resolve(isSmaller ? new File([blob], file.name, { type: 'image/jpeg', lastModified: file.lastModified }) : file);
      }
      image.onload = function () {
        const share = Math.min(1, EDGE / Math.max(image.naturalWidth, image.naturalHeight));
        if (share === 1 && file.size < SMALL) {
          done(null);
          return;
        }
        const canvas = document.createElement('canvas');
        canvas.width = Math.max(1, Math.round(image.naturalWidth * share));
        canvas.height = Math.max(1, Math.round(image.naturalHeight * share));
        try {
          const context = canvas.getContext('2d');
          context.fillStyle = '#fff';
          context.fillRect(0, 0, canvas.width, canvas.height);
          context.drawImage(image, 0, 0, canvas.width, canvas.height);
          canvas.toBlob(done, 'image/jpeg', QUALITY);
        } catch (error) {
          done(null);
        }
      };
      image.onerror = function () { done(null); };
      image.src = address;
    });
  }

  function choose(box) {
    const form = box.closest('form');
    const list = box.querySelector('[data-photo-list]');
    const status = box.querySelector('[data-photo-status]');
    const inputs = Array.from(box.querySelectorAll('[data-photo-input]'));
    const field = inputs[inputs.length - 1];
    const most = Number(box.dataset.most);
    let waiting = [];
    let isSending = false;

    box.classList.add('is-live');

    // What hasn't arrived stays in the field.
    function keepWaiting() {
      const transfer = new DataTransfer();
      waiting.forEach(function (one) { transfer.items.add(one.file); });
      inputs.forEach(function (input) { input.value = ''; });
      field.files = transfer.files;
    }

    function tile(file) {
      const item = document.createElement('li');
      item.className = 'photo is-waiting';
      const image = document.createElement('img');
      image.alt = '待上传照片 ' + file.name;
      image.src = URL.createObjectURL(file);
      image.onload = function () { URL.revokeObjectURL(image.src); };
      const said = document.createElement('span');
      said.className = 'photo-said';
      item.append(image, said);
      list.append(item);
      return item;
    }

    function say(one, text, isRefused) {
      one.tile.querySelector('.photo-said').textContent = text;
      one.tile.classList.toggle('is-refused', Boolean(isRefused));
      if (isRefused) {
        status.textContent = one.file.name + '：' + text;
      }
    }

    function leave(one) {
      waiting = waiting.filter(function (other) { return other !== one; });
      keepWaiting();
    }

    function offer(one, label, act) {
      one.tile.querySelectorAll('button').forEach(function (button) { button.remove(); });
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'btn btn-text photo-again';
      button.textContent = label;
      button.addEventListener('click', act);
      one.tile.append(button);
    }

    function refuse(one, text) {
      leave(one);
      say(one, text, true);
      offer(one, '知道了', function () { one.tile.remove(); });
    }

    function postpone(one, text) {
      one.isStuck = true;
      say(one, text, true);
      offer(one, '重试', function () {
        one.isStuck = false;
        send();
      });
    }

    function arrived(one, html) {
      leave(one);
      const holder = document.createElement('ul');
      holder.innerHTML = html;
      const known = Array.from(list.querySelectorAll('[data-photo]')).map(function (item) { return item.dataset.photo; });
      Array.from(holder.children).forEach(function (item) {
        if (known.includes(item.dataset.photo)) {
          zq.toast('这张照片已经有了：' + one.file.name);
        } else {
          list.insertBefore(item, one.tile);
        }
      });
      one.tile.remove();
      status.textContent = '照片已上传：' + one.file.name;
    }

    function send() {
      const one = waiting.find(function (other) { return !other.isStuck; });
      if (isSending || !one || form.dataset.sent) {
        return;
      }
      isSending = true;
      say(one, '上传中…');
      const body = new FormData(form);
      body.delete('photos');
      body.append('photo', one.file);
      fetch(box.dataset.addUrl, {
        method: 'POST', body: body, credentials: 'same-origin', redirect: 'error',
        headers: { 'X-CSRFToken': zq.meta('csrf-token'), 'HX-Request': 'true' },
      }).then(function (answer) {
        return answer.text().then(function (text) {
          if (answer.ok) {
            arrived(one, text);
          } else if (answer.status === 422 || answer.status === 409) {
            refuse(one, text);
          } else if (answer.status === 401) {
            postpone(one, '登录已过期，没有传上，请另开页面登录后重试');
          } else {
            postpone(one, '没有传上');
          }
        });
      }).catch(function () {
        postpone(one, '没有传上，联网后重试');
      }).then(function () {
        isSending = false;
        send();
      });
    }

    function take(input) {
      const files = Array.from(input.files).filter(function (file) {
        return !waiting.some(function (one) { return one.file === file; });
      });
      const room = most - list.querySelectorAll('[data-photo]').length - waiting.length;
      if (files.length > room) {
        zq.toast('一次走访最多 ' + most + ' 张照片，多选的 ' + (files.length - Math.max(room, 0)) + ' 张没有加上');
      }
      Promise.all(files.slice(0, Math.max(room, 0)).map(shrink)).then(function (small) {
        small.forEach(function (file) { waiting.push({ file: file, tile: tile(file), isStuck: false }); });
        keepWaiting();
        send();
      });
    }

    function remove(button) {
      button.disabled = true;
      fetch(button.dataset.removeUrl, {
        method: 'POST', credentials: 'same-origin', redirect: 'error',
        headers: { 'X-CSRFToken': zq.meta('csrf-token'), 'HX-Request': 'true' },
      }).then(function (answer) {
        if (answer.ok || answer.status === 404) {
          button.closest('[data-photo]').remove();
          status.textContent = '照片已移除';
          inputs[0].focus();
        } else {
          throw new Error(answer.status);
        }
      }).catch(function () {
        button.disabled = false;
        zq.toast('照片没有移除，请稍后重试');
      });
    }

    inputs.forEach(function (input) {
      input.addEventListener('change', function (event) {
        // A photo is no typed text: the draft is saved with it.
        event.stopPropagation();
        take(input);
      });
    });
    box.addEventListener('click', function (event) {
      const button = event.target.closest('[data-photo-remove]');
      if (button) {
        event.preventDefault();
        remove(button);
      }
    });
    window.addEventListener('online', function () {
      waiting.forEach(function (one) { one.isStuck = false; });
      send();
    });

    // A draft that this device has kept is taken up: its photos are with its id.
    let shownId = form.elements.client_id.value;
    form.elements.client_id.addEventListener('change', function () {
      const id = form.elements.client_id.value;
      if (id === shownId) {
        return;
      }
      shownId = id;
      fetch(box.dataset.listUrl + '?client_id=' + encodeURIComponent(id), {
        credentials: 'same-origin', redirect: 'error', headers: { 'HX-Request': 'true' },
      }).then(function (answer) { return answer.ok ? answer.text() : Promise.reject(answer.status); }).then(function (html) {
        list.querySelectorAll('[data-photo]').forEach(function (item) { item.remove(); });
        list.insertAdjacentHTML('afterbegin', html);
      }).catch(function () { zq.toast('草稿里的照片没有显示出来，提交时仍会带上'); });
    });
  }

  if (window.zq && window.DataTransfer) {
    document.querySelectorAll('[data-photos]').forEach(choose);
  }
})();
