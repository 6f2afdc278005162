import type { ReportPoint } from './report-data.ts';

/** A scatter of accuracy against one other number, as SVG text that needs no script and no style from outside. */
export interface ScatterAxes {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly x: (point: ReportPoint) => number | undefined;
  readonly y: (point: ReportPoint) => number | undefined;
  formatX(value: number): string;
  formatY(value: number): string;
}

const width = 640;
const height = 320;
const margin = { left: 64, right: 16, top: 16, bottom: 44 } as const;

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

interface Scale {
  readonly low: number;
  readonly high: number;
}

/** The span of the values with a little air; a single value gets room on both sides. */
function span(values: readonly number[]): Scale {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const air = high === low ? Math.abs(high) * 0.1 || 1 : (high - low) * 0.08;
  return { low: low - air, high: high + air };
}

export function scatterSvg(points: readonly ReportPoint[], axes: ScatterAxes): string {
  const dots = points.flatMap((point) => {
    const x = axes.x(point);
    const y = axes.y(point);
    return x === undefined || y === undefined ? [] : [{ x, y, side: point.side }];
  });
  if (dots.length === 0) return '';
  const xs = span(dots.map((dot) => dot.x));
  const ys = span(dots.map((dot) => dot.y));
  const px = (x: number): number =>
    margin.left + ((x - xs.low) / (xs.high - xs.low)) * (width - margin.left - margin.right);
  const py = (y: number): number =>
    height -
    margin.bottom -
    ((y - ys.low) / (ys.high - ys.low)) * (height - margin.top - margin.bottom);
  const ticks = (scale: Scale): number[] =>
    [0, 1, 2, 3, 4].map((i) => scale.low + ((scale.high - scale.low) * i) / 4);
  const grid = [
    ...ticks(xs).map(
      (x) =>
        `<line class="grid" x1="${px(x).toFixed(1)}" x2="${px(x).toFixed(1)}" y1="${margin.top}" y2="${height - margin.bottom}"/><text class="tick" text-anchor="middle" x="${px(x).toFixed(1)}" y="${height - margin.bottom + 16}">${escapeHtml(axes.formatX(x))}</text>`,
    ),
    ...ticks(ys).map(
      (y) =>
        `<line class="grid" y1="${py(y).toFixed(1)}" y2="${py(y).toFixed(1)}" x1="${margin.left}" x2="${width - margin.right}"/><text class="tick" text-anchor="end" x="${margin.left - 6}" y="${(py(y) + 4).toFixed(1)}">${escapeHtml(axes.formatY(y))}</text>`,
    ),
  ];
  const marks = dots
    // The two that matter lie on top.
    .toSorted((a, b) => Number(a.side !== 'other') - Number(b.side !== 'other'))
    .map(
      (dot) =>
        `<circle class="${dot.side}" cx="${px(dot.x).toFixed(1)}" cy="${py(dot.y).toFixed(1)}" r="${dot.side === 'other' ? 3 : 6}"/>`,
    );
  return [
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(axes.title)}">`,
    ...grid,
    ...marks,
    `<text class="axis" text-anchor="middle" x="${width / 2}" y="${height - 6}">${escapeHtml(axes.xLabel)}</text>`,
    `<text class="axis" text-anchor="middle" transform="translate(14 ${height / 2}) rotate(-90)">${escapeHtml(axes.yLabel)}</text>`,
    '</svg>',
  ].join('');
}
