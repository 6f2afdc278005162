import {
  tokenFeeds,
  type InputSpec,
  type RawSample,
  type TextTokenizer,
  type TokenPlan,
} from '../../../src/engine/data/index.ts';
import type { BatchSource } from '../../../src/engine/train/index.ts';
import type { RuntimeTensor } from '../../../src/engine/runtime/index.ts';

/**
 * What the text networks are trained on, every batch of the same length: a training graph may rely on sizes other than the batch.
 * Classification: each text, filled up, with its label. Language model: windows of the stream of all texts; each epoch cuts them at places of
 * its own, so that every token is seen at many distances from the start of a window.
 */
export function labelledBatches(
  plan: TokenPlan,
  texts: readonly string[],
  labels: readonly number[],
): BatchSource {
  const fixed = fixedLength(plan);
  const samples = texts.map(
    (text): RawSample => ({
      kind: 'tokens',
      ids: Int32Array.from(plan.tokenizer.encodeSample(text, plan.length)),
      text,
    }),
  );
  return {
    count: samples.length,
    batch: (indices) => ({
      inputs: tokenFeeds(
        indices.map((index) => samples[index] as RawSample),
        fixed,
      ).feeds,
      labels: int64(
        [indices.length],
        indices.map((index) => labels[index] ?? 0),
      ),
    }),
  };
}

export function windowBatches(plan: TokenPlan, texts: readonly string[]): BatchSource {
  const stream = streamOf(plan.tokenizer, texts);
  const { length } = plan;
  const count = Math.floor((stream.length - 1) / length);
  const last = stream.length - 1 - length;
  return {
    count,
    batch(indices, rng) {
      const samples = indices.map((index): RawSample => {
        const from = Math.min(last, index * length + rng.integer(length));
        return { kind: 'tokens', ids: stream.slice(from, from + length + 1), text: '' };
      });
      const { feeds, targets } = tokenFeeds(samples, plan);
      return { inputs: feeds, labels: int64([indices.length, length], targets ?? []) };
    },
  };
}

function streamOf(tokenizer: TextTokenizer, texts: readonly string[]): Int32Array {
  return Int32Array.from(texts.flatMap((text) => tokenizer.encode(text)));
}

function fixedLength(plan: TokenPlan): TokenPlan {
  const { ids } = plan.inputs;
  const fixed: InputSpec = { ...ids, dims: [ids.dims[0] ?? 'batch', plan.length] };
  return { ...plan, inputs: { ...plan.inputs, ids: fixed } };
}

const int64 = (dims: readonly number[], values: ArrayLike<number>): RuntimeTensor => ({
  dtype: 'int64',
  dims,
  data: new Uint8Array(BigInt64Array.from(Array.from(values, BigInt)).buffer),
});
