import { mismatch } from './data-errors.ts';
import type { InputSpec, RawSample, RuntimeLikeTensor } from './dataset.ts';
import type { TokenPlan } from './token-plan.ts';
import { writeElements } from './write-elements.ts';

/** The inputs of one batch, by name; for language models also what each token is followed by. */
export interface TokenFeeds {
  readonly ids: RuntimeLikeTensor;
  readonly feeds: Readonly<Record<string, RuntimeLikeTensor>>;
  /** `[samples, sequence]`: the next token, −1 behind the end. Language models only. */
  readonly targets: Int32Array | undefined;
}

/**
 * Token samples as `[samples, sequence]` tensors, filled up to the longest one; windows of a language model and models of a fixed length are
 * filled up to the plan's length, so that outputs of every run have the same shape.
 */
export function tokenFeeds(samples: readonly RawSample[], plan: TokenPlan): TokenFeeds {
  const { inputs, tokenizer } = plan;
  const predicts = plan.task === 'language-model';
  const rows = samples.map((sample) => tokensOf(sample, inputs.ids));
  const given = rows.map((row) => Math.max(1, predicts ? row.length - 1 : row.length));
  const fixed = predicts || typeof inputs.ids.dims[1] === 'number';
  const width = fixed ? plan.length : Math.max(...given);
  if (given.some((length) => length > width))
    throw mismatch(`input "${inputs.ids.name}"`, `a sample of more than ${width} tokens`);
  const dims = [samples.length, width];
  const fill = (value: (row: number, at: number) => number): Float32Array =>
    Float32Array.from({ length: samples.length * width }, (_, i) =>
      value(Math.floor(i / width), i % width),
    );
  const isReal = (row: number, at: number): boolean => at < (given[row] ?? 0);
  const tensor = (
    spec: InputSpec,
    value: (row: number, at: number) => number,
  ): RuntimeLikeTensor => ({
    dtype: spec.dtype,
    dims,
    data: writeElements(spec.dtype, fill(value), `input "${spec.name}"`),
  });
  const ids = tensor(inputs.ids, (row, at) =>
    isReal(row, at) ? (rows[row]?.[at] ?? tokenizer.padId) : tokenizer.padId,
  );
  const feeds: Record<string, RuntimeLikeTensor> = { [inputs.ids.name]: ids };
  if (inputs.mask !== undefined)
    feeds[inputs.mask.name] = tensor(inputs.mask, (row, at) => (isReal(row, at) ? 1 : 0));
  if (inputs.types !== undefined) feeds[inputs.types.name] = tensor(inputs.types, () => 0);
  if (inputs.positions !== undefined)
    feeds[inputs.positions.name] = tensor(inputs.positions, (_, at) => at);
  const targets = predicts
    ? Int32Array.from({ length: samples.length * width }, (_, i) =>
        nextToken(rows[Math.floor(i / width)], i % width),
      )
    : undefined;
  return { ids, feeds, targets };
}

const nextToken = (row: Int32Array | undefined, at: number): number => row?.[at + 1] ?? -1;

function tokensOf(sample: RawSample, input: InputSpec): Int32Array {
  if (sample.kind === 'tokens') return sample.ids;
  throw mismatch(
    `input "${input.name}"`,
    `the model takes tokens, and the data is ${sample.kind}`,
    'Give a text file',
  );
}
