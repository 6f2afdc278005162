import {
  calibrationSamples,
  dataInput,
  EngineError,
  guessPreprocess,
  inputSeed,
  modelHints,
  splitDataset,
  type BoundData,
  type Dataset,
  type InputSpec,
  type Model,
} from '../engine/index.ts';
import type { Common } from './arguments.ts';
import { openDataArgument } from './open-data.ts';
import { readPreprocess } from './open-files.ts';

/** Opens `--data` for a model with the split and the guesses that the page makes, and what `--preprocess` says instead. */
export async function bindData(model: Model, command: Common): Promise<BoundData | undefined> {
  return (await bindDataTo([model], command))[0];
}

/**
 * `--data` for models that are compared: one data set, one split. The preprocessing guessed for the first holds for all that
 * take the same input; a model of another layout, size or type gets its own guess.
 */
export async function bindDataTo(
  models: readonly Model[],
  { data, preprocess }: Common,
): Promise<readonly (BoundData | undefined)[]> {
  if (data === undefined) return models.map(() => undefined);
  const dataset = await openTensorData(data);
  const split = splitDataset(dataset, {
    seed: inputSeed,
    measure: dataset.count,
    calibration: calibrationSamples,
    train: 0,
  });
  const bound: (BoundData & { readonly input: InputSpec })[] = [];
  for (const model of models) {
    const input = dataInput(model);
    const known = bound.find((other) => takesTheSame(other.input, input))?.preprocess;
    const guess = (): BoundData['preprocess'] =>
      guessPreprocess({ input, dataset, hints: modelHints(model) }).preprocess;
    bound.push({
      dataset,
      split,
      input,
      preprocess: known ?? readPreprocess(preprocess, guess()),
    });
  }
  return bound;
}

async function openTensorData(data: string): Promise<Dataset> {
  const dataset = await openDataArgument(data);
  if (dataset.kind !== 'text') return dataset;
  throw new EngineError('data/mismatch', {
    where: data,
    detail: 'text has to be turned into tokens, which this version does not do',
    hint: 'Give images or arrays, or leave --data out to compare on synthetic inputs',
  });
}

const takesTheSame = (a: InputSpec, b: InputSpec): boolean =>
  a.dtype === b.dtype &&
  a.dims.length === b.dims.length &&
  a.dims.every((dim, axis) => axis === 0 || typeof dim === 'string' || dim === b.dims[axis]);

export const sourceOf = ({ data }: Common): 'user' | 'sample' =>
  data?.startsWith('sample:') ? 'sample' : 'user';
