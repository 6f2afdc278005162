import { describe, expect, it } from 'vitest';
import { wordsIn } from '../../app/languages/words-in.ts';
import type { Measurements } from '../../engine/index.ts';
import type {
  LayerSeries,
  TradeOffPoint,
  TradeOffSeries,
  WeightsReply,
} from '../../store/index.ts';
import { layersScene, layersSummary } from './layers-scene.ts';
import { columnWriter, quantityAxis } from './quantity.ts';
import { recipeWords } from './recipe-words.ts';
import { sweepNotes, sweepScene, sweepSummary } from './sweep-scene.ts';
import {
  countBelow,
  tradeOffNotes,
  tradeOffScene,
  tradeOffSummary,
  tradeOffTable,
} from './trade-off-scene.ts';
import { weightsNotes, weightsScene, weightsSummary } from './weights-scene.ts';

const words = wordsIn('en');
const plain = (text: string): string => text.replaceAll('\u00A0', ' ');
const ticks = { x: 5, y: 5 };

const measurements: Measurements = {
  size: { sizeBytes: 1000, gzipBytes: undefined, params: 10, nonzeroParams: 10, macs: undefined },
  latency: undefined,
  accuracy: { metric: 'top1', value: 0.9, low: 0.88, high: 0.92, samples: 1000 },
  top5: undefined,
  fidelity: undefined,
  verdicts: [],
};
const empty = { version: 1, seed: 0, steps: [] } as const;
const recipeOf = (ratio: number) => ({
  ...empty,
  steps: [{ method: 'prune-weights', ratio, pattern: 'unstructured' }],
});

const point = (
  key: string,
  cost: number,
  quality: number,
  more: Partial<TradeOffPoint> = {},
): TradeOffPoint => ({
  key,
  role: 'other',
  recipe: recipeOf(0.5),
  measurements,
  cost,
  quality,
  low: quality - 0.02,
  high: quality + 0.02,
  onFront: false,
  ...more,
});

describe('the trade-off in words', () => {
  const series: TradeOffSeries = {
    points: [
      point('original', 800_000, 0.92, { role: 'original', recipe: empty, onFront: true }),
      point('good', 400_000, 0.912, { onFront: true }),
      point('cheap', 100_000, 0.7, { onFront: true }),
      point('now', 500_000, 0.9, { role: 'current' }),
    ],
    front: ['cheap', 'good', 'original'],
    estimate: undefined,
    lacking: 2,
    elsewhere: 1,
  };
  const order = { series, cost: 'size', quality: 'accuracy', words, near: true, ticks } as const;

  it('names the cheapest that loses at most a point', () => {
    expect(plain(tradeOffSummary(order))).toContain('Prune weights 50 %, 91.2 % at 400 kB');
    expect(tradeOffSummary(order)).toContain('Measured variants: 3, on the Pareto front: 2.');
  });

  it('tells the kinds of points apart by shape, not only by colour', () => {
    const looks = tradeOffScene(order).marks.map(
      ({ shape, hollow, size }) => `${shape} ${hollow} ${size}`,
    );
    expect(looks).toEqual([
      'square false large',
      'circle false small',
      'circle false small',
      'ring false large',
    ]);
  });

  it('says what the range, missing numbers and other settings leave out', () => {
    expect(countBelow(order)).toBe(1);
    expect(tradeOffScene(order).y.domain[0]).toBeGreaterThan(0.75);
    expect(tradeOffNotes(order)).toHaveLength(3);
    const all = { ...order, near: false };
    expect(tradeOffScene(all).y.domain[0]).toBeLessThan(0.7);
    expect(tradeOffNotes(all)).toHaveLength(2);
  });

  it('never makes a mark of an estimate', () => {
    const guessed = { ...order, series: { ...series, estimate: { cost: 300_000, quality: 0.91 } } };
    const scene = tradeOffScene(guessed);
    expect(scene.marks).toHaveLength(4);
    expect(scene.guess).toEqual({ x: 300_000, y: 0.91, label: 'estimate' });
    expect(tradeOffTable(guessed).rows).toHaveLength(4);
  });

  it('has a row for every point, the cheapest first, each cell under its column', () => {
    const table = tradeOffTable(order);
    expect(table.rows.map((row) => row.id)).toEqual(['cheap', 'good', 'now', 'original']);
    expect(table.rows.every((row) => row.cells.length === table.columns.length)).toBe(true);
  });

  it('goes on to the right edge from the last point of the front', () => {
    const [front] = tradeOffScene(order).curves;
    expect(front?.points.map(({ x }) => x)).toEqual([
      100_000,
      400_000,
      800_000,
      tradeOffScene(order).x.domain[1],
    ]);
  });
});

describe('the sweep in words', () => {
  const at = (place: number, value: number, isNow = false) => ({
    key: `k${place}`,
    at: place,
    quality: { value, low: value - 0.02, high: value + 0.02 },
    recipe: recipeOf(place),
    measurements,
    isNow,
  });
  const ratio = {
    kind: 'curve',
    now: 0.5,
    missing: [0.75],
    points: [at(0, 0.92), at(0.3, 0.915), at(0.5, 0.8, true)],
  } as const;
  const bits = {
    kind: 'curve',
    now: 8,
    missing: [16],
    points: [at(2, 0.2), at(8, 0.914, true), at(32, 0.92)],
  } as const;
  const series = { ratio, bits, baseline: { value: 0.92, low: 0.9, high: 0.94 }, filling: false };
  const order = { series, quality: 'accuracy', words, ticks } as const;

  it('says how far each dial goes within a point', () => {
    expect(plain(sweepSummary(order))).toContain('up to 30 % pruned, down to 8 bits');
  });

  it('puts the widest bits left, and both curves on one quality axis', () => {
    const right = sweepScene('bits', bits, order);
    expect(right.x.ticks.map((tick) => tick.label)).toEqual(['32', '16', '8', '2']);
    expect(right.curves[0]?.points.map(({ x }) => x)).toEqual([0, 2, 3]);
    expect(right.missing).toEqual([1]);
    expect(right.y.domain).toEqual(sweepScene('ratio', ratio, order).y.domain);
  });

  it('says how many points are missing', () => {
    expect(sweepNotes(order)[0]).toContain('6 of 8');
  });
});

describe('layers in words', () => {
  const pair = {
    kind: 'layer',
    opType: 'Conv',
    ranAs: ['QLinearConv'],
    devices: ['CPUExecutionProvider'],
    sides: 'both',
  } as const;
  const series: LayerSeries = {
    pairs: [
      { ...pair, id: '1', name: 'conv1', before: 4, after: 1.5 },
      { ...pair, id: '2', name: 'conv2', before: 0.001, after: 0.5 },
      { ...pair, id: '3', name: 'q', sides: 'variant', before: undefined, after: 0.2 },
      { ...pair, id: '4', name: 'relu', before: 0.1, after: undefined },
    ],
    hidden: 0,
    totals: { before: 4.101, after: 2.2 },
  };
  const order = { series, metric: 'latency', words } as const;

  it('writes a column in one unit and says why a side is absent', () => {
    const [first, second, third, fourth] = layersScene(order).rows;
    expect(plain(first?.before.text ?? '')).toBe('4.00 ms');
    expect(plain(second?.before.text ?? '')).toBe('< 0.01 ms');
    expect(third?.before).toEqual({ value: undefined, text: 'not in the original' });
    expect(fourth?.after).toEqual({ value: undefined, text: 'fused away' });
    expect(first?.note).toBe('Conv → QLinearConv · CPU');
  });

  it('names the largest layer with its share of the variant', () => {
    expect(plain(layersSummary(order))).toContain('conv1 is the largest with 68 %');
  });
});

describe('weights in words', () => {
  const reply: WeightsReply = {
    weight: 'w',
    dims: [2, 3],
    count: 6,
    edges: Float32Array.from([-2, -1, 0, 1, 2]),
    before: Uint32Array.from([10, 40, 50, 12]),
    after: Uint32Array.from([10, 0, 90, 12]),
    threshold: 1,
    grid: Float32Array.from([-2, -1, 0, 1]),
    zeros: { before: 0, after: 3 },
  };
  const order = { reply, log: false, words, ticks };

  it('cuts the heap of zeros off only where it would flatten the rest, and says so', () => {
    const scene = weightsScene(order);
    expect(scene.overflow).toEqual({ at: 0.5, label: '↑ 90 at zero' });
    expect(scene.y.domain[1]).toBeLessThan(90);
    expect(weightsNotes(order)).toHaveLength(2);
    expect(weightsScene({ ...order, log: true }).overflow).toBeUndefined();
    const flat = { ...reply, after: Uint32Array.from([10, 40, 60, 12]) };
    expect(weightsScene({ ...order, reply: flat }).overflow).toBeUndefined();
  });

  it('keeps empty bins on the floor of the logarithmic scale', () => {
    const scene = weightsScene({ ...order, log: true });
    expect(scene.bins[1]).toMatchObject({ before: Math.log10(41), after: 0 });
    expect(scene.y.ticks.map((tick) => tick.label)).toEqual(['0', '1', '10']);
  });

  it('tells the share of zeros on both sides', () => {
    expect(plain(weightsSummary(order))).toContain(
      '0.0 % of them zero in the original, 50.0 % in the variant',
    );
    const gone = { ...reply, after: undefined, zeros: { before: 3, after: undefined } };
    expect(plain(weightsSummary({ ...order, reply: gone }))).toContain('50.0 % of them zero.');
  });
});

describe('quantities', () => {
  it('puts an axis in the unit that fits its end', () => {
    const axis = quantityAxis({
      quantity: 'size',
      name: 'Size',
      domain: [0, 812_000],
      count: 4,
      language: 'en',
    });
    expect(axis.label).toBe('Size, kB');
    expect(axis.ticks).toContainEqual({ at: 400_000, label: '400' });
    const share = quantityAxis({
      quantity: 'accuracy',
      name: 'A',
      domain: [0.837, 0.934],
      count: 4,
      language: 'en',
    });
    expect(share.ticks.map((tick) => tick.label)).toEqual(['85.0', '87.5', '90.0', '92.5']);
  });

  it('compares a column in one unit', () => {
    const write = columnWriter('macs', 31_200_000, 'en');
    expect(plain(write(31_200_000))).toBe('31.2 MMAC');
    expect(plain(write(5130))).toBe('< 0.1 MMAC');
    expect(plain(write(0))).toBe('0.0 MMAC');
  });
});

describe('recipeWords', () => {
  const of = (steps: readonly { method: string; [option: string]: unknown }[]) =>
    plain(recipeWords({ ...empty, steps }, words));

  it('says a recipe in a few words', () => {
    expect(of([])).toBe('Original');
    expect(of([{ method: 'prune-weights', ratio: 0.5, off: true }])).toBe('Original');
    expect(
      of([
        { method: 'prune-channels', ratio: 0.3 },
        { method: 'quantize-int8', mode: 'static' },
      ]),
    ).toBe('Prune channels 30 % · int8, static');
    expect(of([{ method: 'prune-weights', ratio: 0.5, pattern: '2:4' }])).toBe(
      'weights, 2 of 4 stay',
    );
    expect(of([{ method: 'quantize-weights', bits: 3 }])).toBe('3 bits, blockwise, weights only');
  });

  it('shows half a per cent where there is one', () => {
    expect(of([{ method: 'prune-weights', ratio: 0.335 }])).toBe('Prune weights 33.5 %');
  });
});
