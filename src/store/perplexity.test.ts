import { describe, expect, it } from 'vitest';
import type { Recipe } from '../engine/forms.ts';
import type { Measurements, PerplexityMeasurement } from '../engine/index.ts';
import { selectSweep } from './chart-series-sweep.ts';
import { selectQualityAxes, selectTradeOff } from './chart-series-trade-off.ts';
import { selectHeadline } from './headline.ts';
import { addToPoints, pointKey } from './points.ts';
import { defaultStep } from './recipe-edits.ts';
import { defaultSettings, emptyRecipe, initialState, type StudioState } from './state.ts';

const pruned = (ratio: number): Recipe => ({
  ...emptyRecipe,
  steps: [{ ...defaultStep('prune-weights'), ratio }],
});
const told = (value: number): PerplexityMeasurement => ({
  metric: 'perplexity',
  value,
  low: value * 0.97,
  high: value * 1.03,
  samples: 36_302,
  change: { ratio: value / 200, low: value / 200 - 0.02, high: value / 200 + 0.02 },
});
const measured = (sizeBytes: number, perplexity: number | undefined): Measurements => ({
  size: { sizeBytes, gzipBytes: undefined, params: 1, nonzeroParams: 1, macs: undefined },
  latency: undefined,
  accuracy: undefined,
  top5: undefined,
  ...(perplexity === undefined ? {} : { perplexity: told(perplexity) }),
  fidelity: undefined,
  verdicts: [],
});

type Row = readonly [recipe: Recipe, sizeBytes: number, perplexity: number | undefined];
const dataset = 'story';

function stateOf(present: Recipe, rows: readonly Row[]): StudioState {
  const base = initialState({ language: 'en', theme: 'system' });
  const points = rows.reduce<StudioState['points']>(
    (all, [recipe, sizeBytes, perplexity]) =>
      addToPoints(all, {
        key: pointKey(recipe, defaultSettings, dataset),
        origin: 'user',
        evaluation: {
          variant: 'v',
          recipe,
          hash: JSON.stringify(recipe),
          measurements: measured(sizeBytes, perplexity),
          settings: defaultSettings,
          dataset,
          steps: [],
        },
        measured: ['accuracy'],
        full: false,
      }),
    [],
  );
  const text = {
    task: 'language-model',
    tokenizer: 'tokenizer.json',
    vocabulary: 4096,
    length: 128,
    dims: {},
    example: '',
  } as const;
  const data = {
    name: dataset,
    kind: 'text',
    count: 9,
    labelled: false,
    classes: undefined,
    guess: { preprocess: {} as never, reasons: [] },
    split: { measure: 5, calibration: 4 },
    text,
  } as const;
  return { ...base, data, points, history: { ...base.history, present } };
}

const rows: readonly Row[] = [
  [emptyRecipe, 100, 200],
  [pruned(0.2), 90, 199],
  [pruned(0.5), 60, 210],
  // Larger and worse: on no front.
  [pruned(0.6), 70, 230],
  [pruned(0.9), 30, 4000],
];

describe('perplexity, of which less is better', () => {
  it('is the figure of a language model, with the interval of its change', () => {
    const { quality } = selectHeadline(stateOf(pruned(0.5), rows));
    expect(quality).toMatchObject({
      kind: 'perplexity',
      before: { kind: 'measured', value: 200 },
      after: { kind: 'measured', value: 210 },
      samples: 36_302,
    });
    expect(quality.kind === 'perplexity' && quality.margin).toBeCloseTo(0.02);
  });

  it('is guessed between measured neighbours and marked as a guess', () => {
    const { quality } = selectHeadline(stateOf(pruned(0.35), rows));
    expect(quality.kind === 'perplexity' && quality.after).toEqual({
      kind: 'estimate',
      value: 204.5,
    });
  });

  it('is the first axis of the charts, even before a variant is measured', () => {
    expect(selectQualityAxes(stateOf(emptyRecipe, rows.slice(0, 1)))).toEqual(['perplexity']);
    expect(selectQualityAxes(stateOf(emptyRecipe, rows))[0]).toBe('perplexity');
  });

  it('puts those on the front that no smaller one tells as well', () => {
    const series = selectTradeOff('size', 'perplexity')(stateOf(pruned(0.5), rows));
    const ratios = series.points
      .filter(({ onFront }) => onFront)
      .map(({ recipe }) => recipe.steps[0]?.['ratio']);
    expect(ratios).toEqual([0.2, 0.5, 0.9]);
    // The original is beaten: the slightly pruned one is smaller and better.
    expect(series.points.find(({ role }) => role === 'original')?.onFront).toBe(false);
  });

  it('has no place on an axis where it is no number', () => {
    const series = selectTradeOff(
      'size',
      'perplexity',
    )(stateOf(pruned(0.5), [...rows, [pruned(0.95), 20, Number.POSITIVE_INFINITY]]));
    expect(series.points).toHaveLength(5);
    expect(series.lacking).toBe(1);
  });

  it('is what the sweep is drawn of', () => {
    const { ratio, baseline } = selectSweep('perplexity')(stateOf(pruned(0.5), rows));
    expect(baseline?.value).toBe(200);
    const points = ratio.kind === 'curve' ? ratio.points : [];
    expect(points.map(({ at, quality }) => [at, quality.value])).toEqual(
      expect.arrayContaining([
        [0, 200],
        [0.5, 210],
        [0.9, 4000],
      ]),
    );
  });

  it('stays when a later evaluation measured something else', () => {
    const state = stateOf(pruned(0.5), [...rows, [pruned(0.5), 60, undefined]]);
    const { quality } = selectHeadline(state);
    expect(quality.kind === 'perplexity' && quality.after).toMatchObject({ value: 210 });
  });
});
