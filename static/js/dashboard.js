// The dashboard's charts. Each has its numbers in a table beside it, and every point and bar leads to its rows.
(function () {
  'use strict';

  const charts = new Map();
  const css = getComputedStyle(document.documentElement);
  const font = css.getPropertyValue('--app-font').trim();
  const ink = token('--app-text-2');
  const root = parseFloat(css.fontSize) / 16; // 1.25 in 长辈模式
  const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;

  function token(name) {
    return css.getPropertyValue(name).trim();
  }

  function size(pixels) {
    return Math.round(pixels * root);
  }

  function percent(value) {
    return value === null || value === undefined ? '—' : value + '%';
  }

  // HTML tooltips would write inline styles, which the page forbids.
  function tooltip(more) {
    const text = { fontFamily: font, fontSize: size(13), color: ink };
    return Object.assign({ renderMode: 'richText', confine: true, textStyle: text, valueFormatter: percent }, more);
  }

  function last(line) {
    return line.values[line.values.length - 1];
  }

  // How far down the label at the end of a line goes, so that two lines that end close together stay readable.
  function aside(value, other, index) {
    const isClose = value !== null && other !== null && Math.abs(value - other) < 8;
    return !isClose ? 0 : value < other || (value === other && index) ? size(9) : -size(9);
  }

  const DRAWN = {
    trend: function (data, isNarrow) {
      const looks = [
        { colour: token('--app-brand-600'), symbol: 'circle', width: 3, area: { opacity: .08 } },
        { colour: token('--app-green'), symbol: 'rect', width: 2 },
      ];
      const all = [].concat.apply([], data.lines.map(function (line) { return line.values; }))
        .filter(function (value) { return value !== null; });
      const lowest = all.length ? Math.min.apply(null, all) : 0;
      return {
        legend: { top: 0, right: 0, itemWidth: 18, itemHeight: 10, textStyle: { color: ink, fontSize: size(13) } },
        grid: { left: 8, right: size(isNarrow ? 52 : 58), top: size(40), bottom: 4, containLabel: true },
        tooltip: tooltip({ trigger: 'axis' }),
        xAxis: {
          type: 'category', data: data.days, boundaryGap: false, axisTick: { show: false },
          axisLabel: { color: ink, fontSize: size(isNarrow ? 12 : 13), hideOverlap: true },
        },
        yAxis: {
          type: 'value', min: Math.max(0, Math.floor(lowest / 10) * 10 - 10), max: 100, interval: 10,
          axisLabel: { formatter: '{value}%', color: ink, hideOverlap: true },
          splitLine: { lineStyle: { color: '#e8edf4' } },
        },
        series: data.lines.map(function (line, index) {
          const look = looks[index];
          const other = data.lines[1 - index];
          return {
            name: line.name, type: 'line', data: line.values, connectNulls: false,
            symbol: look.symbol, symbolSize: 7, color: look.colour, lineStyle: { width: look.width },
            areaStyle: look.area,
            endLabel: {
              show: true, formatter: function (point) { return percent(point.value); }, color: look.colour,
              fontSize: size(13), fontWeight: 600, valueAnimation: false, offset: [0, aside(last(line), last(other), index)],
            },
          };
        }),
      };
    },
    ranking: function (data) {
      return {
        grid: { left: 0, right: size(60), top: 4, bottom: 0, containLabel: true },
        tooltip: tooltip({ trigger: 'item' }),
        xAxis: { type: 'value', min: 0, max: 100, show: false },
        yAxis: {
          type: 'category', inverse: true,
          data: data.map(function (one) { return one.rank + '  ' + one.name; }),
          axisLine: { show: false }, axisTick: { show: false }, axisLabel: { color: token('--app-text'), fontSize: size(13) },
        },
        series: [{
          type: 'bar', name: '复工率', barWidth: size(14), showBackground: true,
          backgroundStyle: { color: '#eef2f7', borderRadius: 3 },
          data: data.map(function (one) {
            const colour = one.ranked ? token('--app-brand-600') : token('--app-grey');
            return { value: one.value, itemStyle: { color: colour, borderRadius: 3 } };
          }),
          label: {
            show: true, position: 'right', color: token('--app-text'), fontSize: size(13), fontWeight: 600,
            formatter: function (bar) { return data[bar.dataIndex].text; },
          },
        }],
      };
    },
  };

  // Where a click leads, anywhere in the column of a day or in the row of a region: to the rows counted there.
  const LEADS = {
    trend: function (data, chart, event) {
      return data.urls[chart.convertFromPixel({ xAxisIndex: 0 }, event.offsetX)];
    },
    ranking: function (data, chart, event) {
      return (data[chart.convertFromPixel({ yAxisIndex: 0 }, event.offsetY)] || {}).url;
    },
  };

  function draw(element) {
    const kind = element.dataset.chart;
    const data = JSON.parse(document.getElementById(element.dataset.source).textContent);
    if (element.dataset.rows) {
      element.style.height = Math.max(60, size(26) * Number(element.dataset.rows) + 8) + 'px';
    }
    const chart = echarts.init(element, null, { renderer: 'canvas', locale: 'ZH' });
    const base = { textStyle: { fontFamily: font, fontSize: size(13), color: ink }, animation: !isStill };
    chart.setOption(Object.assign(base, DRAWN[kind](data, innerWidth < 600)));
    chart.getZr().on('mousemove', function (event) {
      chart.getZr().setCursorStyle(LEADS[kind](data, chart, event) ? 'pointer' : 'default');
    });
    // The element's own click: the chart's is lost where a bar grew under the pointer while the button was down.
    element.addEventListener('click', function (event) {
      const address = LEADS[kind](data, chart, event);
      if (address) {
        location.assign(address);
      }
    });
    charts.set(element, chart);
  }

  function drawAll() {
    charts.forEach(function (chart, element) {
      if (!element.isConnected) {
        chart.dispose();
        charts.delete(element);
      }
    });
    document.querySelectorAll('[data-chart]').forEach(function (element) {
      if (!charts.has(element)) {
        draw(element);
      }
    });
  }

  function fit() {
    charts.forEach(function (chart) { chart.resize(); });
  }

  let waiting;
  window.addEventListener('resize', function () {
    clearTimeout(waiting);
    waiting = setTimeout(fit, 150);
  });
  document.addEventListener('htmx:afterSettle', drawAll);
  drawAll();
})();
