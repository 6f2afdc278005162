import { quietTask, type Task } from '../core/index.ts';
import { applyPreprocess } from './apply-preprocess.ts';
import type { Dataset, InputSpec, Preprocess, RuntimeLikeTensor } from './dataset.ts';

/** Samples of a Dataset as model input, a batch at a time. */
export interface Batch {
  readonly tensor: RuntimeLikeTensor;
  /** Samples that are real: with `pad` the last batch is filled up by repeating its last sample. */
  readonly count: number;
  readonly indices: Uint32Array;
  /** The model's class index of each real sample (label + classOffset), where there are labels. */
  readonly labels: Int32Array | undefined;
}

export interface BatchOptions {
  readonly batchSize: number;
  /** Fill the last batch up, for models whose batch size is fixed. */
  readonly pad?: boolean;
  readonly task?: Task;
}

/** Decodes and preprocesses `indices` in their order; nothing ahead of what is asked for. */
export async function* batches(
  dataset: Dataset,
  indices: Uint32Array,
  preprocess: Preprocess,
  input: InputSpec,
  { batchSize, pad = false, task = quietTask }: BatchOptions,
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
      tensor: applyPreprocess(filled, preprocess, input),
      count: part.length,
      indices: part,
      labels:
        labels &&
        Int32Array.from(part, (index) => (labels[index] as number) + preprocess.classOffset),
    };
  }
}
