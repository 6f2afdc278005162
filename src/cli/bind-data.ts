import { existsSync } from 'node:fs';
import path from 'node:path';
import {
  bindAny,
  dataInput,
  type BoundData,
  type ByteSource,
  type Dataset,
  type InputSpec,
  type Model,
} from '../engine/index.ts';
import type { Common } from './arguments.ts';
import { openDataArgument } from './open-data.ts';
import { fileSource, readPreprocess } from './open-files.ts';

type DataArguments = Pick<Common, 'data' | 'preprocess' | 'tokenizer'>;

/** Opens `--data` for a model, lying at `file`, with the split and the guesses that the page makes, and what `--preprocess` says instead. */
export async function bindData(
  model: Model,
  command: DataArguments,
  file?: string,
): Promise<BoundData | undefined> {
  return (await bindDataTo([model], command, file === undefined ? [] : [file]))[0];
}

/**
 * `--data` for models that are compared: one data set, one split. The preprocessing guessed for the first holds for all that
 * take the same input; a model of another layout, size or type gets its own guess. Text is cut up by the tokenizer that `--tokenizer` names,
 * came with the data, or lies beside the model (`files`).
 */
export async function bindDataTo(
  models: readonly Model[],
  { data, preprocess, tokenizer }: DataArguments,
  files: readonly string[] = [],
): Promise<readonly (BoundData | undefined)[]> {
  if (data === undefined) return models.map(() => undefined);
  const dataset = await openDataArgument(data);
  const bound: (BoundData & { readonly input: InputSpec })[] = [];
  for (const [i, model] of models.entries()) {
    const own = await bindAny(model, dataset, tokenizerFor(dataset, tokenizer, files[i]));
    if (own.tokens !== undefined) {
      bound.push({ ...own, input: own.tokens.inputs.ids });
      continue;
    }
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

/** The tokenizer named on the command line, else the one beside the model's file. */
function tokenizerFor(
  { kind }: Dataset,
  named: string | undefined,
  model: string | undefined,
): ByteSource | undefined {
  if (named !== undefined) return fileSource(named);
  if (kind !== 'text' || model === undefined) return undefined;
  const beside = path.join(path.dirname(model), 'tokenizer.json');
  return existsSync(beside) ? fileSource(beside) : undefined;
}
