import { EngineError } from '../core/index.ts';
import {
  guessPreprocess,
  splitDataset,
  type Dataset,
  type GuessedPreprocess,
  type Split,
} from '../data/index.ts';
import type { Model } from '../graph/index.ts';
import { calibrationSamples, dataInput, inputSeed, type BoundData } from './inputs.ts';
import { modelHints } from './model-hints.ts';

/** Data bound to a model, and on what grounds. */
export type BoundDataset = BoundData & { readonly guess: GuessedPreprocess };

/**
 * Binds data to the model that takes it: one seeded split, and the preprocessing guessed from both. The page and the command line
 * both come through here, so that they measure the same samples in the same form. Text goes through `bindText`. Throws
 * `data/mismatch` for text, and where no input takes a tensor.
 */
export function bindDataset(model: Model, dataset: Dataset): BoundDataset {
  if (dataset.kind === 'text')
    throw new EngineError('data/mismatch', {
      where: dataset.name,
      detail: 'text has to be turned into tokens, and the tokenizer of the model is not there',
      hint: 'Give the tokenizer.json of the model as well, or measure on synthetic inputs',
    });
  const guess = guessPreprocess({ input: dataInput(model), dataset, hints: modelHints(model) });
  return { dataset, split: splitOf(dataset), guess, preprocess: guess.preprocess };
}

/** One split for everything: what measures is never used for calibration or training. */
export const splitOf = (dataset: Dataset): Split =>
  splitDataset(dataset, {
    seed: inputSeed,
    measure: measuringCount(dataset),
    calibration: calibrationSamples,
    train: dataset.count,
  });

/**
 * How many samples measure where the data has no test part of its own: half; the other half calibrates and trains. One rule for everything,
 * whether a recipe trains or not, so that a model is never measured on what it has learnt from.
 */
const measuringCount = ({ count, testFrom }: Dataset): number =>
  testFrom === undefined ? Math.ceil(count / 2) : count;
