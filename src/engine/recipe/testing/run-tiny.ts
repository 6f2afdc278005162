import { createHash } from 'node:crypto';
import { quietTask, unwrap, type Task } from '../../core/index.ts';
import type { Dataset } from '../../data/index.ts';
import type { Model } from '../../graph/index.ts';
import { writeBytes } from '../../onnx/index.ts';
import type { Runtime } from '../../runtime/index.ts';
import type { TrainingHost } from '../../train/index.ts';
import { createRecipeContext } from '../context.ts';
import type { BoundData } from '../inputs.ts';
import { parseRecipe } from '../parse.ts';
import type { Recipe } from '../recipe.ts';
import { runRecipe, type RecipeResult } from '../run.ts';

/** Recipes run as the page and the command line run them, on tiny networks. */
export const recipeOf = (steps: readonly object[], seed = 0): Recipe =>
  unwrap(parseRecipe({ version: 1, seed, steps }));

/** The combinations that tests hold: one step and several, with and without calibration. */
export const combinations: Readonly<Record<string, readonly object[]>> = {
  'prune-weights': [{ method: 'prune-weights', ratio: 0.5 }],
  'prune-weights 2:4': [{ method: 'prune-weights', pattern: '2:4' }],
  'prune-channels': [{ method: 'prune-channels', ratio: 0.4 }],
  'quantize-int8 static': [{ method: 'quantize-int8', samples: 8 }],
  'quantize-float16': [{ method: 'quantize-float16' }],
  'prune-weights, quantize-int8 static': [
    { method: 'prune-weights', ratio: 0.6 },
    { method: 'quantize-int8', samples: 8 },
  ],
  'prune-weights, quantize-int8 dynamic': [
    { method: 'prune-weights', ratio: 0.6 },
    { method: 'quantize-int8', mode: 'dynamic' },
  ],
  'prune-channels, quantize-weights': [
    { method: 'prune-channels', ratio: 0.3 },
    { method: 'quantize-weights', bits: 4, blockSize: 16 },
  ],
  'prune-channels, quantize-float16': [
    { method: 'prune-channels', ratio: 0.3 },
    { method: 'quantize-float16' },
  ],
  'prune-channels, prune-weights, quantize-int8 weights-only': [
    { method: 'prune-channels', ratio: 0.3 },
    { method: 'prune-weights', ratio: 0.5, scope: 'layer' },
    { method: 'quantize-int8', mode: 'weights-only' },
  ],
  'prune-channels twice': [
    { method: 'prune-channels', ratio: 0.3 },
    { method: 'prune-channels', ratio: 0.3, criterion: 'l1' },
  ],
};

export interface TinyRun {
  readonly data?: BoundData;
  readonly task?: Task;
  /** For steps that train. */
  readonly host?: TrainingHost;
}

/** A host that nobody steers: trainings run to their end. Reports go to `report`. */
export const quietTrainingHost = (
  report: TrainingHost['report'] = () => undefined,
): TrainingHost => {
  let now = 0;
  return {
    clock: { nowMs: () => now++ },
    gate: () => Promise.resolve('go-on'),
    checkpoints: undefined,
    checkpointEveryMs: Infinity,
    report,
  };
};

export const runTiny = (
  model: Model,
  recipe: Recipe,
  runtime: Runtime,
  { data, task = quietTask, host }: TinyRun = {},
): Promise<RecipeResult> =>
  runRecipe(
    model,
    recipe,
    createRecipeContext({
      backend: 'wasm',
      runtime: () => Promise.resolve(runtime),
      data,
      dims: {},
      task,
      training: host && { host, modelKey: 'tiny', dataKey: 'tiny' },
    }),
  );

export const hashOf = (model: Model): string =>
  createHash('sha256').update(writeBytes(model)).digest('hex');

/** Samples [3, 8, 8] whose numbers depend on their index alone: sample i holds i + position ÷ 1000. */
export const countingData = (
  count: number,
  labels?: Int32Array,
): Dataset & { readonly asked: number[] } => {
  const asked: number[] = [];
  return {
    asked,
    name: 'counting',
    kind: 'arrays',
    count,
    classes: undefined,
    labels,
    sampleDims: [3, 8, 8],
    sample: (index) => {
      asked.push(index);
      const data = Float32Array.from({ length: 192 }, (_, i) => index + i / 1000);
      return Promise.resolve({ kind: 'array', dims: [3, 8, 8], data });
    },
  };
};

/** The first `calibration` samples calibrate, the rest measure. */
export const bindCounting = (dataset: Dataset, calibration: number): BoundData => ({
  dataset,
  preprocess: {
    layout: 'NCHW',
    size: [8, 8],
    resize: 'none',
    channels: 'RGB',
    range: [0, 1],
    mean: [0],
    std: [1],
    classOffset: 0,
  },
  split: {
    seed: 0,
    calibration: Uint32Array.from({ length: calibration }, (_, i) => i),
    measure: Uint32Array.from({ length: dataset.count - calibration }, (_, i) => calibration + i),
    train: new Uint32Array(0),
  },
});
