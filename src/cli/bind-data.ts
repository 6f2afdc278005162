import {
  bindDataset,
  dataInput,
  type BoundData,
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
  const dataset = await openDataArgument(data);
  const bound: (BoundData & { readonly input: InputSpec })[] = [];
  for (const model of models) {
    const own = bindDataset(model, dataset);
    const input = dataInput(model);
    const known = bound.find((other) => takesTheSame(other.input, input))?.preprocess;
    bound.push({
      ...own,
      input,
      preprocess: known ?? readPreprocess(preprocess, own.preprocess),
    });
  }
  return bound;
}

const takesTheSame = (a: InputSpec, b: InputSpec): boolean =>
  a.dtype === b.dtype &&
  a.dims.length === b.dims.length &&
  a.dims.every((dim, axis) => axis === 0 || typeof dim === 'string' || dim === b.dims[axis]);

export const sourceOf = ({ data }: Common): 'user' | 'sample' =>
  data?.startsWith('sample:') ? 'sample' : 'user';
