import type { BoundData } from './inputs.ts';
import { tokenFeeds, type InputSpec, type RawSample, type TokenPlan } from '../data/index.ts';
import type { RuntimeTensor } from '../runtime/index.ts';
import type { Batch, LearningData } from '../train/index.ts';

/**
 * Text as what a model learns from: every sample that does not measure. All batches have the plan's length, since a training graph may rely on
 * sizes other than the batch. For a classifier `labels` are those of the texts; for a language model the labels of a batch are int64
 * [samples, sequence], the token behind each one (−1: none), and there are none per sample.
 */
export function tokenLearningData(data: BoundData, plan: TokenPlan): LearningData {
  const { dataset, split, preprocess } = data;
  const indices = Uint32Array.from([...split.calibration, ...split.train]);
  const labels =
    dataset.labels &&
    Int32Array.from(indices, (at) => (dataset.labels?.[at] as number) + preprocess.classOffset);
  const fixed = atFullLength(plan);
  const known = new Map<number, RawSample>();
  const sampleAt = async (position: number): Promise<RawSample> => {
    const index = indices[position];
    if (index === undefined) throw new RangeError(`there is no sample ${position}`);
    const sample = known.get(position) ?? (await dataset.sample(index));
    known.set(position, sample);
    return sample;
  };
  return {
    name: dataset.name,
    count: indices.length,
    labels,
    image: undefined,
    async batch(positions): Promise<Batch> {
      const samples: RawSample[] = [];
      for (const position of positions) samples.push(await sampleAt(position));
      const { feeds, targets } = tokenFeeds(samples, fixed);
      return {
        inputs: feeds,
        labels:
          targets === undefined
            ? int64(
                [positions.length],
                Int32Array.from(positions, (at) => labels?.[at] ?? 0),
              )
            : int64([positions.length, plan.length], targets),
      };
    },
  };
}

/** The same plan, with every sample filled up to its length. */
function atFullLength(plan: TokenPlan): TokenPlan {
  const { ids } = plan.inputs;
  const fixed: InputSpec = { ...ids, dims: [ids.dims[0] ?? 'batch', plan.length] };
  return { ...plan, inputs: { ...plan.inputs, ids: fixed } };
}

const int64 = (dims: readonly number[], values: Int32Array): RuntimeTensor => ({
  dtype: 'int64',
  dims,
  data: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
});
