import {
  calibrationSamples,
  dataInput,
  EngineError,
  guessPreprocess,
  inputSeed,
  modelHints,
  splitDataset,
  type BoundData,
  type Model,
} from '../engine/index.ts';
import type { Common } from './arguments.ts';
import { openDataArgument, readPreprocess } from './open-files.ts';

/** Opens `--data` for a model with the split and the guesses that the page makes, and what `--preprocess` says instead. */
export async function bindData(
  model: Model,
  { data, preprocess }: Common,
): Promise<BoundData | undefined> {
  if (data === undefined) return undefined;
  const dataset = await openDataArgument(data);
  if (dataset.kind === 'text')
    throw new EngineError('data/mismatch', {
      where: data,
      detail: 'text has to be turned into tokens, which this version does not do',
      hint: 'Give images or arrays, or leave --data out to compare on synthetic inputs',
    });
  const guess = guessPreprocess({ input: dataInput(model), dataset, hints: modelHints(model) });
  return {
    dataset,
    preprocess: readPreprocess(preprocess, guess.preprocess),
    split: splitDataset(dataset, {
      seed: inputSeed,
      measure: dataset.count,
      calibration: calibrationSamples,
      train: 0,
    }),
  };
}

export const sourceOf = ({ data }: Common): 'user' | 'sample' =>
  data?.startsWith('sample:') ? 'sample' : 'user';
