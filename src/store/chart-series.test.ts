import { describe, expect, it } from 'vitest';
import type { Recipe } from '../engine/forms.ts';
import type { Measurements } from '../engine/index.ts';
import type { Settings } from '../worker/protocol.ts';
import { selectSweep, type Sweep, type SweepCurve } from './chart-series-sweep.ts';
import { selectCostAxes, selectQualityAxes, selectTradeOff } from './chart-series-trade-off.ts';
import { setBits, setPruning } from './dials.ts';
import { pointKey } from './points.ts';
import { defaultStep } from './recipe-edits.ts';
import {
  defaultSettings,
  emptyRecipe,
  initialState,
  type Point,
  type StudioState,
} from './state.ts';

interface Numbers {
  readonly size?: number;
  readonly ms?: number;
  /** The original's latency in the same rounds. */
  readonly referenceMs?: number;
  readonly accuracy?: number;
  readonly agreement?: number;
  readonly sqnr?: number;
  readonly macs?: number;
  readonly settings?: Settings;
}

const dataset = 'fashion';

function pointAt(recipe: Recipe, numbers: Numbers): Point {
  const point = pointAlone(recipe, numbers);
  const { latency } = point.evaluation.measurements;
  if (numbers.referenceMs === undefined || latency === undefined) return point;
  const reference = { ...latency, p50Ms: numbers.referenceMs };
  const measurements = { ...point.evaluation.measurements, latency: { ...latency, reference } };
  return { ...point, evaluation: { ...point.evaluation, measurements } };
}

function pointAlone(recipe: Recipe, numbers: Numbers): Point {
  const { size = 100, ms, accuracy, agreement, sqnr, macs, settings = defaultSettings } = numbers;
  const measurements: Measurements = {
    size: { sizeBytes: size, gzipBytes: undefined, params: 10, nonzeroParams: 10, macs },
    latency:
      ms === undefined
        ? undefined
        : {
            backend: 'wasm',
            threads: 1,
            createMs: 1,
            firstRunMs: 1,
            coldMs: 2,
            p50Ms: ms,
            p95Ms: ms,
            iqrMs: 0,
            runs: 9,
            speedup: 1,
            speedupLow: 1,
            speedupHigh: 1,
            noise: 0,
            drift: 1,
            caveats: [],
          },
    accuracy:
      accuracy === undefined
        ? undefined
        : {
            metric: 'top1',
            value: accuracy,
            low: accuracy - 0.02,
            high: accuracy + 0.02,
            samples: 1000,
          },
    top5: undefined,
    fidelity:
      agreement === undefined && sqnr === undefined
        ? undefined
        : {
            top1Agreement: agreement,
            sqnrDb: sqnr ?? Infinity,
            maxAbsError: 0,
            samples: 9,
            inputs: 'sample',
          },
    verdicts: [],
  };
  return {
    key: pointKey(recipe, settings, dataset),
    origin: 'user',
    protocol: 'quick',
    live: true,
    measured: ['accuracy', 'latency'],
    evaluation: { variant: 'v', recipe, hash: 'h', measurements, settings, dataset, steps: [] },
  };
}

const pruned = (ratio: number, method = 'prune-weights'): Recipe => ({
  ...emptyRecipe,
  steps: [{ ...defaultStep(method), ratio }],
});

function stateOf(
  present: Recipe,
  points: readonly Point[],
  change: Partial<StudioState> = {},
): StudioState {
  const base = initialState({ language: 'en', theme: 'system' });
  return {
    ...base,
    data: {
      name: dataset,
      kind: 'images',
      count: 2000,
      labelled: true,
      classes: undefined,
      guess: undefined as never,
      split: { measure: 1000, calibration: 100 },
    },
    history: { ...base.history, present },
    points,
    ...change,
  };
}

describe('selectTradeOff', () => {
  const original = pointAt(emptyRecipe, { size: 800, ms: 4, accuracy: 0.92, macs: 30 });
  const half = pointAt(pruned(0.5), { size: 400, ms: 4.1, accuracy: 0.91 });
  const most = pointAt(pruned(0.9), { size: 300, accuracy: 0.3 });
  const elsewhere = pointAt(pruned(0.7), {
    size: 1,
    ms: 1,
    accuracy: 1,
    settings: { ...defaultSettings, threads: 4 },
  });
  const points = [original, half, most, elsewhere];

  it('places each variant by its ratio to the original of its own rounds', () => {
    // The machine was twice as slow when the second variant was measured; both are half as slow as the original.
    const quiet = pointAt(pruned(0.2), { ms: 2, referenceMs: 4, accuracy: 0.9 });
    const busy = pointAt(pruned(0.4), { ms: 4, referenceMs: 8, accuracy: 0.9 });
    const { points: placed } = selectTradeOff(
      'latency',
      'accuracy',
    )(stateOf(pruned(0.4), [original, quiet, busy]));
    expect(placed.map(({ cost }) => cost)).toEqual([8, 4, 4]);
  });

  it('shows measured points only, with their roles and intervals, and says what is left out', () => {
    const series = selectTradeOff('latency', 'accuracy')(stateOf(pruned(0.5), points));
    expect(
      series.points.map(({ key, role, cost, quality }) => ({ key, role, cost, quality })),
    ).toEqual([
      { key: original.key, role: 'original', cost: 4, quality: 0.92 },
      { key: half.key, role: 'current', cost: 4.1, quality: 0.91 },
    ]);
    expect(series.points[0]).toMatchObject({ low: 0.9, high: 0.9400000000000001 });
    expect(series.lacking).toBe(1);
    expect(series.elsewhere).toBe(1);
    expect(series.front).toEqual([original.key]);
  });

  it('takes the front over the chosen axis', () => {
    const series = selectTradeOff('size', 'accuracy')(stateOf(pruned(0.5), points));
    expect(series.front).toEqual([most.key, half.key, original.key]);
    expect(series.points.every((point) => point.onFront)).toBe(true);
  });

  it('keeps an estimate apart from the points, and drops it once the recipe is measured', () => {
    const between = pruned(0.25);
    const plan = {
      recipe: between,
      predicted: { sizeBytes: 600 },
      steps: [],
      training: 'none',
    } as const;
    const guessed = selectTradeOff('size', 'accuracy')(stateOf(between, points, { plan }));
    expect(guessed.points.map((point) => point.role)).toEqual(['original', 'other', 'other']);
    expect(guessed.estimate?.cost).toBe(600);
    expect(guessed.estimate?.quality).toBeCloseTo((0.92 + 0.91) / 2, 10);
    const measured = pointAt(between, { size: 610, ms: 4, accuracy: 0.915 });
    const known = selectTradeOff(
      'size',
      'accuracy',
    )(stateOf(between, [...points, measured], { plan }));
    expect(known.estimate).toBeUndefined();
    expect(known.points.at(-1)).toMatchObject({ role: 'current', cost: 610 });
  });

  it('computes once while nothing it reads has changed', () => {
    const select = selectTradeOff('size', 'accuracy');
    const state = stateOf(pruned(0.5), points);
    expect(select({ ...state, notices: [] })).toBe(select(state));
    expect(select({ ...state, points: [...points] })).not.toBe(select(state));
  });

  it('offers only axes that have something to show', () => {
    const state = stateOf(pruned(0.5), points);
    expect(selectQualityAxes(state)).toEqual(['accuracy']);
    expect(selectCostAxes(state)).toEqual(['latency', 'size', 'macs', 'params']);
    expect(selectCostAxes(stateOf(emptyRecipe, []))).toEqual(['latency', 'size']);
  });

  it('without labels: agreement, where the original agrees with itself; SQNR, where it has no place', () => {
    const unlabelled = [
      pointAt(emptyRecipe, { ms: 4 }),
      pointAt(pruned(0.5), { ms: 4, agreement: 0.97, sqnr: 31 }),
    ];
    const state = stateOf(pruned(0.5), unlabelled);
    expect(selectQualityAxes(state)).toEqual(['agreement', 'sqnr']);
    const agreement = selectTradeOff('latency', 'agreement')(state);
    expect(agreement.points.map((point) => point.quality)).toEqual([1, 0.97]);
    const sqnr = selectTradeOff('latency', 'sqnr')(state);
    expect(sqnr.points.map((point) => [point.role, point.quality])).toEqual([['current', 31]]);
  });
});

describe('selectSweep', () => {
  const now = setBits(pruned(0.5), {}, 8).recipe;
  const at = (ratio: number): Recipe => setPruning(now, {}, ratio).recipe;
  const bits = (width: number): Recipe => setBits(now, {}, width).recipe;
  const curveOf = (sweep: Sweep): SweepCurve => {
    if (sweep.kind !== 'curve') throw new Error(sweep.kind);
    return sweep;
  };

  it('is the quality along one dial, the rest of the recipe kept', () => {
    const points = [
      pointAt(emptyRecipe, { accuracy: 0.92 }),
      pointAt(at(0.25), { accuracy: 0.9 }),
      pointAt(at(0), { accuracy: 0.91 }),
      pointAt(now, { accuracy: 0.89 }),
      pointAt(bits(4), { accuracy: 0.7 }),
      // Same ratio, but without the quantization: lies on neither curve except as the bits curve's 32.
      pointAt(pruned(0.5), { accuracy: 0.895 }),
      pointAt(pruned(0.25), { accuracy: 0.1 }),
    ];
    const series = selectSweep('accuracy')(stateOf(now, points));
    const ratio = curveOf(series.ratio);
    expect(ratio.points.map((point) => [point.at, point.quality.value])).toEqual([
      [0, 0.91],
      [0.25, 0.9],
      [0.5, 0.89],
    ]);
    expect(ratio.now).toBe(0.5);
    expect(ratio.missing).toContain(0.75);
    expect(
      curveOf(series.bits).points.map((point) => [point.at, point.quality.value, point.isNow]),
    ).toEqual([
      [4, 0.7, false],
      [8, 0.89, true],
      [32, 0.895, false],
    ]);
    expect(series.baseline?.value).toBe(0.92);
  });

  it('takes in what the person measured between the planned places', () => {
    const series = selectSweep('accuracy')(stateOf(now, [pointAt(at(0.37), { accuracy: 0.88 })]));
    expect(curveOf(series.ratio).points.map((point) => point.at)).toEqual([0.37]);
  });

  it('never counts a place twice and never both as measured and missing', () => {
    const series = selectSweep('accuracy')(stateOf(now, [pointAt(at(0.75), { accuracy: 0.5 })]));
    for (const sweep of [series.ratio, series.bits]) {
      const { points, missing } = curveOf(sweep);
      const places = [...points.map((point) => point.at), ...missing];
      expect(new Set(places).size).toBe(places.length);
    }
  });

  it('has nothing to sweep when the pattern fixes the ratio or the step is off', () => {
    const fixed: Recipe = {
      ...emptyRecipe,
      steps: [{ ...defaultStep('prune-weights'), pattern: '2:4' }],
    };
    expect(selectSweep('accuracy')(stateOf(fixed, [])).ratio.kind).toBe('fixed');
    const off: Recipe = {
      ...emptyRecipe,
      steps: [{ ...defaultStep('prune-weights'), ratio: 0.5, off: true }],
    };
    expect(selectSweep('accuracy')(stateOf(off, [])).ratio.kind).toBe('off');
  });

  it('says whether the background is at work on it', () => {
    const background = { kind: 'running', what: 'sweep', done: 1, total: 9 } as const;
    expect(selectSweep('accuracy')(stateOf(now, [], { background })).filling).toBe(true);
    expect(selectSweep('accuracy')(stateOf(now, [])).filling).toBe(false);
  });
});
