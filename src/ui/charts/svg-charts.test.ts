import { describe, expect, it } from 'vitest';
import type { BarsScene, HistogramScene, Mark, XYScene } from './scene.ts';
import { svgBars } from './svg-bars.ts';
import { escapeXml } from './svg-element.ts';
import { defaultSvg } from './svg-frame.ts';
import { svgHistogram } from './svg-histogram.ts';
import { svgRow } from './svg-row.ts';
import { svgXYChart } from './svg-xy-chart.ts';

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly text: string;
}

/** A strict reader of what these functions may write: every tag closed in order, every attribute quoted, no bare `<` or `&`. */
function elementsOf(svg: string): Element[] {
  const elements: { name: string; attributes: Record<string, string>; text: string }[] = [];
  const open: string[] = [];
  const pattern = /<(\/?)([a-z]+)((?: [\w:-]+="[^"<]*")*)(\/?)>|([^<]+)/gy;
  while (pattern.lastIndex < svg.length) {
    const at = pattern.lastIndex;
    const match = pattern.exec(svg);
    if (match === null) throw new Error(`not well formed at ${svg.slice(at, at + 60)}`);
    const [, close, name = '', attributes = '', empty, text] = match;
    if (text !== undefined) {
      const last = elements.at(-1);
      if (last !== undefined) last.text += text;
    } else if (close === '/') expect(open.pop()).toBe(name);
    else {
      const pairs = [...attributes.matchAll(/([\w:-]+)="([^"]*)"/g)];
      elements.push({
        name,
        attributes: Object.fromEntries(pairs.map(([, k, v]) => [k, v])),
        text: '',
      });
      if (empty !== '/') open.push(name);
    }
  }
  expect(open).toEqual([]);
  expect(svg.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, '')).not.toContain('&');
  return elements;
}

const number = (element: Element | undefined, name: string): number =>
  Number(element?.attributes[name]);
const named = (elements: readonly Element[], name: string): Element[] =>
  elements.filter((e) => e.name === name);

const mark = (id: string, x: number, y: number, more: Partial<Mark> = {}): Mark => ({
  id,
  x,
  y,
  tone: 'quiet',
  shape: 'circle',
  hollow: true,
  size: 'small',
  title: id,
  rows: [],
  pickable: true,
  ...more,
});

const scene: XYScene = {
  name: 'a < b & "c"',
  x: {
    label: 'Latency, ms',
    domain: [0, 4],
    ticks: [0, 2, 4].map((at) => ({ at, label: String(at) })),
  },
  y: { label: 'Accuracy, %', domain: [0.8, 1], ticks: [{ at: 0.9, label: '90' }] },
  marks: [
    mark('origin', 0, 0.8),
    mark('corner', 4, 1),
    mark('middle', 2, 0.9, {
      low: 0.88,
      high: 0.92,
      shape: 'square',
      size: 'large',
      label: 'original',
    }),
    mark('under', 1, 0.2),
  ],
  curves: [
    {
      id: 'front',
      tone: 'accent',
      step: true,
      label: 'front',
      points: [
        { x: 1, y: 0.85 },
        { x: 2, y: 0.9 },
        { x: 4, y: 0.9 },
      ],
    },
    {
      id: 'band',
      tone: 'variant',
      step: false,
      points: [
        { x: 0, y: 0.9, low: 0.85, high: 0.95 },
        { x: 4, y: 0.9, low: 0.85, high: 0.95 },
      ],
    },
  ],
  rules: [{ id: 'r', axis: 'y', at: 0.9, tone: 'original', label: 'base' }],
  guess: { x: 3, y: 0.95, label: 'estimate' },
  missing: [],
};

describe('svgXYChart', () => {
  const elements = elementsOf(svgXYChart(scene));
  const circles = named(elements, 'circle');

  it('places marks by the axes: corners of the domain at corners of the plot', () => {
    const [origin, corner] = circles;
    expect(number(corner, 'cx')).toBeGreaterThan(number(origin, 'cx'));
    expect(number(corner, 'cy')).toBeLessThan(number(origin, 'cy'));
    const square = named(elements, 'rect').find(
      (e) => e.attributes['fill'] === '#5b6673' || Number(e.attributes['width']) === 13,
    );
    const middle = number(square, 'x') + number(square, 'width') / 2;
    expect(middle).toBeCloseTo((number(origin, 'cx') + number(corner, 'cx')) / 2, 0);
  });

  it('draws a point under the range as an arrow on the floor, not as a point', () => {
    expect(circles).toHaveLength(2);
    expect(named(elements, 'title').map((e) => e.text)).toContain('under');
  });

  it('never draws a guess', () => {
    expect(svgXYChart(scene)).not.toContain('estimate');
  });

  it('steps level first: between two points of the front nothing better was measured', () => {
    const front = named(elements, 'path').find((e) => e.attributes['stroke'] === '#0b62d0');
    expect(front?.attributes['d']).toMatch(/^M[\d.]+ [\d.]+H[\d.]+V[\d.]+H[\d.]+V[\d.]+$/);
  });

  it('writes names so that they cannot become markup', () => {
    expect(elements[0]?.attributes['aria-label']).toBe('a &lt; b &amp; &quot;c&quot;');
    expect(escapeXml(`<script>'&'`)).toBe('&lt;script&gt;&#39;&amp;&#39;');
  });

  it('needs nothing from outside', () => {
    const svg = svgXYChart(scene);
    expect(svg).not.toMatch(/\b(?:href|url\(|style=|class=|var\()/);
    expect(svg.match(/https?:/g)).toEqual(['http:']);
    expect(svg).toContain('xmlns="http://www.w3.org/2000/svg"');
  });
});

describe('svgBars', () => {
  const bars: BarsScene = {
    name: 'layers',
    max: 4,
    beforeLabel: 'original',
    afterLabel: 'variant',
    rows: [
      {
        id: 'a',
        name: 'a',
        note: 'Conv',
        before: { value: 4, text: '4 ms' },
        after: { value: 1, text: '1 ms' },
        aside: false,
      },
      {
        id: 'b',
        name: `${'x'.repeat(40)}end`,
        note: '',
        before: { value: undefined, text: 'gone' },
        after: { value: 0, text: '0 ms' },
        aside: true,
      },
    ],
  };
  const elements = elementsOf(svgBars(bars));

  it('draws lengths in proportion', () => {
    const [, four, one, none] = named(elements, 'rect').map((e) => number(e, 'width'));
    expect((one ?? 0) / (four ?? 1)).toBeCloseTo(0.25, 2);
    expect(none).toBe(1);
  });

  it('says what is absent instead of drawing nothing, and keeps the end of a long name', () => {
    const texts = named(elements, 'text').map((e) => e.text);
    expect(texts).toContain('gone');
    expect(texts.some((text) => text.startsWith('…') && text.endsWith('end'))).toBe(true);
  });
});

describe('svgHistogram', () => {
  const histogram: HistogramScene = {
    name: 'w',
    x: { label: 'value', domain: [-1, 1], ticks: [] },
    y: { label: 'count', domain: [0, 10], ticks: [] },
    bins: [
      { from: -1, to: 0, before: 10, after: 5, title: '', rows: [] },
      { from: 0, to: 1, before: 5, after: 40, title: '', rows: [] },
    ],
    threshold: { value: 0.5, label: 'zero below ±0.5' },
    grid: { values: [-0.5, 0, 0.5], label: '3 levels' },
    overflow: { at: 0.5, label: '↑ 40' },
    beforeLabel: 'original',
    afterLabel: 'variant',
  };

  it('draws both outlines, the threshold on both sides of zero and every level', () => {
    const elements = elementsOf(svgHistogram(histogram));
    const paths = named(elements, 'path').map((e) => e.attributes['d'] ?? '');
    const ticks = paths.at(-1) ?? '';
    expect(ticks.match(/M/g)).toHaveLength(3);
    const dashed = named(elements, 'line').filter(
      (e) => e.attributes['stroke-dasharray'] !== undefined,
    );
    const [left = 0, right = 0] = dashed.map((e) => number(e, 'x1'));
    const centre = 52 + (680 - 52 - 16) / 2;
    expect(centre - left).toBeCloseTo(right - centre, 5);
  });

  it('cuts what goes through the ceiling at the ceiling', () => {
    const paths = named(elementsOf(svgHistogram(histogram)), 'path').map(
      (e) => e.attributes['d'] ?? '',
    );
    const heights = [...(paths[1] ?? '').matchAll(/V(-?[\d.]+)/g)].map(([, y]) => Number(y));
    expect(Math.min(...heights)).toBeGreaterThanOrEqual(28);
  });
});

it('svgRow puts drawings side by side', () => {
  const elements = elementsOf(svgRow('both', [svgXYChart(scene), svgXYChart(scene)]));
  expect(elements[0]?.attributes['width']).toBe(String(2 * defaultSvg.width));
  expect(named(elements, 'g').map((e) => e.attributes['transform'])).toContain(
    `translate(${defaultSvg.width} 0)`,
  );
});
