import { gridDrawing } from './grid-drawing.ts';
import { histogramOutline } from './histogram-outline.ts';
import type { HistogramScene } from './scene.ts';
import { pathThrough, svgElement, svgText } from './svg-element.ts';
import {
  defaultSvg,
  svgAxes,
  svgDocument,
  type SvgOptions,
  type SvgPlot,
  svgPlot,
} from './svg-frame.ts';

/** The histogram as one self-contained SVG; the same scene that `HistogramChart` shows. */
export function svgHistogram(scene: HistogramScene, options: SvgOptions = defaultSvg): string {
  const { palette } = options;
  const plot = svgPlot(scene.x, scene.y, options);
  const outline = (height: (bin: HistogramScene['bins'][number]) => number): string => {
    const corners = histogramOutline(scene.bins, height);
    const places = corners.map(({ x, y }) => [plot.x(x), Math.max(plot.top, plot.y(y))] as const);
    return `M${plot.left} ${plot.bottom}${pathThrough(places, true).replace('M', 'L')}`;
  };
  const content = [
    svgAxes(scene.x, scene.y, plot, options),
    drawThreshold(scene.threshold, plot, options),
    svgElement('path', {
      d: outline((bin) => bin.before),
      fill: palette.originalSoft,
      'fill-opacity': 0.7,
      stroke: palette.original,
    }),
    scene.afterLabel === undefined
      ? ''
      : svgElement('path', {
          d: outline((bin) => bin.after ?? 0),
          fill: 'none',
          stroke: palette.variant,
        }),
    drawGrid(scene.grid, plot, options),
    scene.overflow === undefined
      ? ''
      : svgText(scene.overflow.label, {
          x: plot.x(scene.overflow.at) + 9,
          y: plot.top + 12,
          fill: palette.variant,
        }),
    drawKey(scene, plot, options),
  ].join('');
  return svgDocument(scene.name, content, options);
}

function drawThreshold(
  threshold: HistogramScene['threshold'],
  plot: SvgPlot,
  { palette }: SvgOptions,
): string {
  if (threshold === undefined) return '';
  const left = Math.max(plot.left, plot.x(-threshold.value));
  const right = Math.min(plot.right, plot.x(threshold.value));
  const area = { x: left, y: plot.top, width: right - left, height: plot.bottom - plot.top };
  const edge = (x: number): string =>
    svgElement('line', {
      x1: x,
      x2: x,
      y1: plot.top,
      y2: plot.bottom,
      stroke: palette.variant,
      'stroke-dasharray': '4 3',
    });
  return [
    svgElement('rect', { ...area, fill: palette.variant, 'fill-opacity': 0.08 }),
    edge(left),
    edge(right),
    svgText(threshold.label, { x: right + 6, y: plot.top - 4, fill: palette.variant }),
  ].join('');
}

function drawGrid(grid: HistogramScene['grid'], plot: SvgPlot, { palette }: SvgOptions): string {
  if (grid === undefined) return '';
  const places = grid.values.map((value) => plot.x(value));
  const { ticks, lines } = gridDrawing(places, { y: plot.top, height: plot.bottom - plot.top });
  return [
    lines === ''
      ? ''
      : svgElement('path', { d: lines, stroke: palette.accent, 'stroke-opacity': 0.35 }),
    svgElement('path', { d: ticks, stroke: palette.accent }),
  ].join('');
}

function drawKey(scene: HistogramScene, plot: SvgPlot, { palette }: SvgOptions): string {
  const after = scene.afterLabel;
  return [
    svgText(scene.beforeLabel, {
      x: plot.right,
      y: plot.top + 12,
      'text-anchor': 'end',
      fill: palette.original,
    }),
    after === undefined
      ? ''
      : svgText(after, {
          x: plot.right,
          y: plot.top + 28,
          'text-anchor': 'end',
          fill: palette.variant,
        }),
  ].join('');
}
