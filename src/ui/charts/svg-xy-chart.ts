import { longestRun } from './longest-run.ts';
import { type LabelPlace, placeLabels } from './place-labels.ts';
import type { Curve, Mark, Rule, XYScene } from './scene.ts';
import { escapeXml, pathThrough, svgElement, svgText } from './svg-element.ts';
import {
  defaultSvg,
  svgAxes,
  svgDocument,
  type SvgOptions,
  type SvgPlot,
  svgPlot,
  toneColour,
} from './svg-frame.ts';

/** Points, curves and rules as one self-contained SVG; the same scene that `XYChart` shows. Guesses are left out: a file outlives them. */
export function svgXYChart(scene: XYScene, options: SvgOptions = defaultSvg): string {
  const plot = svgPlot(scene.x, scene.y, options);
  const placed = scene.marks.map((mark) => ({
    mark,
    x: plot.x(mark.x),
    y: Math.min(plot.bottom, plot.y(mark.y)),
  }));
  const labels = placeLabels(placed, plot);
  const bySize = placed.toSorted(
    (a, b) => Number(a.mark.size === 'large') - Number(b.mark.size === 'large'),
  );
  const clip = {
    x: plot.left,
    y: plot.top - 10,
    width: plot.right - plot.left,
    height: plot.bottom - plot.top + 10,
  };
  const content = [
    svgAxes(scene.x, scene.y, plot, options),
    // A nested svg clips what reaches beyond the plot and needs no id, which could be there twice in one page.
    svgElement(
      'svg',
      { ...clip, viewBox: `${clip.x} ${clip.y} ${clip.width} ${clip.height}` },
      scene.curves.map((curve) => drawCurve(curve, plot, options)).join(''),
    ),
    ...scene.rules.map((rule) => drawRule(rule, plot, options)),
    ...bySize.map(({ mark, x, y }) =>
      drawMark({ mark, x, y, place: labels.get(mark.id) }, plot, options),
    ),
  ].join('');
  return svgDocument(scene.name, content, options);
}

function drawCurve(curve: Curve, plot: SvgPlot, { palette }: SvgOptions): string {
  const colour = toneColour(curve.tone, palette);
  const line = curve.points.map(({ x, y }) => [plot.x(x), plot.y(y)] as const);
  const whole = curve.points.filter(({ low, high }) => low !== undefined && high !== undefined);
  const outline = [
    ...whole.map(({ x, high = 0 }) => [plot.x(x), plot.y(high)] as const),
    ...whole.map(({ x, low = 0 }) => [plot.x(x), plot.y(low)] as const).toReversed(),
  ];
  const run = curve.label === undefined ? undefined : longestRun(curve.points);
  return [
    whole.length < 2
      ? ''
      : svgElement('path', {
          d: `${pathThrough(outline, false)}Z`,
          fill: colour,
          'fill-opacity': 0.14,
        }),
    svgElement('path', {
      d: pathThrough(line, curve.step),
      fill: 'none',
      stroke: colour,
      'stroke-width': 1.4,
    }),
    curve.label === undefined || run === undefined
      ? ''
      : svgText(curve.label, {
          x: plot.x((run.from + run.to) / 2),
          y: plot.y(run.y) - 7,
          'text-anchor': 'middle',
          fill: colour,
        }),
  ].join('');
}

function drawRule(
  { axis, at, tone, label, labelAt }: Rule,
  plot: SvgPlot,
  { palette }: SvgOptions,
): string {
  const stroke = toneColour(tone, palette);
  const place = axis === 'x' ? plot.x(at) : plot.y(at);
  const ends =
    axis === 'x'
      ? { x1: place, x2: place, y1: plot.top, y2: plot.bottom }
      : { x1: plot.left, x2: plot.right, y1: place, y2: place };
  const words =
    axis === 'x'
      ? { x: place + 6, y: plot.top + 12 }
      : labelAt === 'start'
        ? { x: plot.left + 4, y: place - 5 }
        : { x: plot.right - 4, y: place - 5, 'text-anchor': 'end' };
  return (
    svgElement('line', { ...ends, stroke, 'stroke-dasharray': '4 3' }) +
    (label === undefined ? '' : svgText(label, { ...words, fill: stroke }))
  );
}

interface PlacedMark {
  readonly mark: Mark;
  readonly x: number;
  readonly y: number;
  readonly place: LabelPlace | undefined;
}

function drawMark(
  { mark, x, y, place }: PlacedMark,
  plot: SvgPlot,
  { palette }: SvgOptions,
): string {
  const colour = toneColour(mark.tone, palette);
  const isBelow = plot.y(mark.y) > plot.bottom + 0.5;
  const clamp = (value: number): number => Math.min(plot.bottom, Math.max(plot.top, plot.y(value)));
  const whisker =
    mark.low === undefined || mark.high === undefined || isBelow
      ? ''
      : svgElement('path', {
          d: `M${Math.round(x)} ${Math.round(clamp(mark.low))}V${Math.round(clamp(mark.high))}`,
          stroke: colour,
          'stroke-opacity': mark.size === 'large' ? 1 : 0.4,
        });
  const label =
    mark.label === undefined || place === undefined
      ? ''
      : svgText(mark.label, {
          x: x + place.dx,
          y: y + place.dy + 4,
          'text-anchor': place.anchor,
          'font-weight': 600,
          fill: colour,
        });
  const title = svgElement('title', {}, escapeXml(spoken(mark)));
  return svgElement(
    'g',
    {},
    title + whisker + shape(mark, x, y, { colour, ground: palette.ground, isBelow }) + label,
  );
}

const spoken = (mark: Mark): string =>
  [mark.title, ...mark.rows.map(([name, value]) => `${name} ${value}`)].join(', ');

interface ShapeLook {
  readonly colour: string;
  readonly ground: string;
  readonly isBelow: boolean;
}

function shape(mark: Mark, x: number, y: number, { colour, ground, isBelow }: ShapeLook): string {
  const r = mark.size === 'large' ? 6.5 : 4;
  const look = {
    fill: mark.hollow ? ground : colour,
    stroke: mark.hollow ? colour : ground,
    'stroke-width': 1.5,
  };
  if (isBelow) {
    const d = pathThrough(
      [
        [x - 4.5, y - 9.5],
        [x + 4.5, y - 9.5],
        [x, y - 2],
      ],
      false,
    );
    return svgElement('path', { d: `${d}Z`, ...look, stroke: colour });
  }
  if (mark.shape === 'square')
    return svgElement('rect', { x: x - r, y: y - r, width: 2 * r, height: 2 * r, ...look });
  const ring = svgElement('circle', {
    cx: x,
    cy: y,
    r: r + 4,
    fill: 'none',
    stroke: colour,
    'stroke-width': 1.5,
  });
  return (
    (mark.shape === 'ring' ? ring : '') +
    svgElement('circle', { cx: x, cy: y, r: mark.shape === 'ring' ? 4.5 : r, ...look })
  );
}
