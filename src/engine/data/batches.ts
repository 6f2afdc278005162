import { quietTask, type Task } from '../core/index.ts';
import { applyPreprocess } from './apply-preprocess.ts';
import type { Dataset, InputSpec, Preprocess, RawSample, RuntimeLikeTensor } from './dataset.ts';
import { tokenFeeds } from './token-feeds.ts';
import type { TokenPlan } from './token-plan.ts';

/** Samples of a Dataset as model input, a batch at a time. */
export interface Batch {
  /** What the input that samples go into is given. */
  readonly tensor: RuntimeLikeTensor;
  /** Every input that the samples fill, by name: that one, and of text also masks and the like. */
  readonly feeds: Readonly<Record<string, RuntimeLikeTensor>>;
  /** Samples that are real: with `pad` the last batch is filled up by repeating its last sample. */
  readonly count: number;
  readonly indices: Uint32Array;
  /** The model's class index of each real sample (label + classOffset), where there are labels. */
  readonly labels: Int32Array | undefined;
  /** Language models: the token behind each one, `[rows, sequence]`, −1 where there is none. Rows that fill up have them too. */
  readonly targets: Int32Array | undefined;
}

export interface BatchOptions {
  readonly batchSize: number;
  /** Fill the last batch up, for models whose batch size is fixed. */
  readonly pad?: boolean;
  /** For text: how it becomes the model's inputs; `preprocess` and `input` say nothing then. */
  readonly tokens?: TokenPlan | undefined;
  readonly task?: Task;
}

/** Decodes and preprocesses `indices` in their order; nothing ahead of what is asked for. */
export async function* batches(
  dataset: Dataset,
  indices: Uint32Array,
  preprocess: Preprocess,
  input: InputSpec,
  { batchSize, pad = false, tokens, task = quietTask }: BatchOptions,
): AsyncGenerator<Batch> {
  for (let from = 0; from < indices.length; from += batchSize) {
    const part = indices.subarray(from, from + batchSize);
    const samples = [];
    for (const index of part) {
      samples.push(await dataset.sample(index));
      await task.breathe();
    }
    const last = samples.at(-1);
    const filled =
      pad && last !== undefined
        ? [...samples, ...Array.from({ length: batchSize - samples.length }, () => last)]
        : samples;
    const { labels } = dataset;
    yield {
      ...inputsOf(filled, preprocess, input, tokens),
      count: part.length,
      indices: part,
      labels:
        labels &&
        Int32Array.from(part, (index) => (labels[index] as number) + preprocess.classOffset),
    };
  }
}

function inputsOf(
  samples: readonly RawSample[],
  preprocess: Preprocess,
  input: InputSpec,
  tokens: TokenPlan | undefined,
): Pick<Batch, 'tensor' | 'feeds' | 'targets'> {
  if (tokens !== undefined) {
    const { ids, feeds, targets } = tokenFeeds(samples, tokens);
    return { tensor: ids, feeds, targets };
  }
  const tensor = applyPreprocess(samples, preprocess, input);
  return { tensor, feeds: { [input.name]: tensor }, targets: undefined };
}
