import type { Axis, Tone } from './scene.ts';
import { svgElement, svgText } from './svg-element.ts';

/** Colours of a drawing that stands alone. The defaults are the light theme of the studio (tokens.css). */
export interface SvgPalette {
  readonly ground: string;
  readonly ink: string;
  readonly quiet: string;
  readonly rule: string;
  readonly original: string;
  readonly originalSoft: string;
  readonly variant: string;
  readonly accent: string;
}

export const lightPalette: SvgPalette = {
  ground: '#ffffff',
  ink: '#16191d',
  quiet: '#646d78',
  rule: '#dfe3e7',
  original: '#5b6673',
  originalSoft: '#d9dee4',
  variant: '#c2410c',
  accent: '#0b62d0',
};

export interface SvgOptions {
  readonly width: number;
  readonly height: number;
  readonly palette: SvgPalette;
}

export const defaultSvg: SvgOptions = { width: 680, height: 340, palette: lightPalette };

export const toneColour = (tone: Tone, palette: SvgPalette): string =>
  tone === 'quiet' ? palette.quiet : palette[tone];

/** Where the plot lies and how data becomes pixels. */
export interface SvgPlot {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

const margin = { left: 52, right: 16, top: 28, bottom: 42 } as const;

export function svgPlot(x: Axis, y: Axis, { width, height }: SvgOptions): SvgPlot {
  const area = {
    left: margin.left,
    right: width - margin.right,
    top: margin.top,
    bottom: height - margin.bottom,
  };
  const scale =
    ([low, high]: readonly [number, number], from: number, to: number) =>
    (value: number): number =>
      high === low ? (from + to) / 2 : from + ((value - low) / (high - low)) * (to - from);
  return {
    ...area,
    x: scale(x.domain, area.left, area.right),
    y: scale(y.domain, area.bottom, area.top),
  };
}

/** Grid, axis line, ticks and the names of the axes. */
export function svgAxes(x: Axis, y: Axis, plot: SvgPlot, { palette }: SvgOptions): string {
  const { left, right, top, bottom } = plot;
  const line = (x1: number, y1: number, x2: number, y2: number, stroke: string): string =>
    svgElement('line', { x1, y1, x2, y2, stroke, 'stroke-width': 1 });
  return [
    ...y.ticks.map(({ at }) => line(left, plot.y(at), right, plot.y(at), palette.rule)),
    ...y.ticks.map(({ at, label }) =>
      svgText(label, { x: left - 8, y: plot.y(at) + 4, 'text-anchor': 'end', fill: palette.quiet }),
    ),
    line(left, bottom, right, bottom, palette.quiet),
    ...x.ticks.map(({ at, label }) =>
      svgText(label, {
        x: plot.x(at),
        y: bottom + 16,
        'text-anchor': 'middle',
        fill: palette.quiet,
      }),
    ),
    svgText(y.label, { x: 4, y: top - 14, fill: palette.ink }),
    svgText(x.label, { x: right, y: bottom + 34, 'text-anchor': 'end', fill: palette.ink }),
  ].join('');
}

/** The whole drawing: `name` is what a screen reader says. */
export const svgDocument = (
  name: string,
  content: string,
  { width, height, palette }: SvgOptions,
): string =>
  svgElement(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: 'img',
      'aria-label': name,
      'font-family': 'system-ui, sans-serif',
      'font-size': 11,
    },
    svgElement('rect', { width, height, fill: palette.ground }) + content,
  );
