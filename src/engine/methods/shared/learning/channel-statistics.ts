import { throwIfAborted, type Task } from '../../../core/index.ts';
import { edit, intAttribute, type Model, type Value } from '../../../graph/index.ts';
import { toModelFile } from '../../../onnx/index.ts';
import type { Feeds, Runtime, RuntimeTensor } from '../../../runtime/index.ts';
import { float32Tensor, int64Tensor } from '../../../tensor/index.ts';

/** Of one value [N, C, …]: per channel, over all samples and places. */
export interface ChannelStatistics {
  readonly mean: Float32Array;
  readonly variance: Float32Array;
}

/**
 * Mean and population variance per channel of values inside a model, by their names, over some batches: two numbers per channel come
 * back from a run, not the activations. `model` in opset 18 or later, `values` of rank 3 or more, float32.
 */
export async function channelStatistics(
  model: Model,
  values: readonly Value[],
  batches: AsyncIterable<Feeds>,
  runtime: Runtime,
  task: Task,
): Promise<ReadonlyMap<string, ChannelStatistics>> {
  const found = new Map<string, { sum: Float64Array; squares: Float64Array }>();
  if (values.length === 0) return new Map();
  const session = await runtime.create(toModelFile(probeOf(model, values)));
  let runs = 0;
  try {
    for await (const feeds of batches) {
      throwIfAborted(task.signal, 'statistics of channels');
      const results = await session.run(feeds);
      values.forEach(({ name }, i) => {
        const sums = [results[`mean_${i}`], results[`squares_${i}`]].map(numbersOf);
        const before = found.get(name);
        found.set(name, {
          sum: added(before?.sum, sums[0] as Float32Array),
          squares: added(before?.squares, sums[1] as Float32Array),
        });
      });
      runs++;
      await task.breathe();
    }
  } finally {
    await session.release();
  }
  return new Map(
    [...found].map(([name, { sum, squares }]) => {
      const mean = Float32Array.from(sum, (total) => total / runs);
      const variance = Float32Array.from(squares, (total, c) =>
        Math.max(0, total / runs - (sum[c] as number) ** 2 / runs ** 2),
      );
      return [name, { mean, variance }];
    }),
  );
}

/** Outputs `mean_i` and `squares_i`, [C] each. */
const probeOf = (model: Model, values: readonly Value[]): Model =>
  edit(model, (e) => {
    const flat = e.addConstant('statistics_shape', int64Tensor([3], [0, 0, -1]));
    const axes = e.addConstant('statistics_axes', int64Tensor([2], [0, 2]));
    const drop = { keepdims: intAttribute(0) };
    const outputs = values.flatMap((value, i) => {
      const places = e.op('Reshape', [e.value(value), flat]);
      const mean = e.op('ReduceMean', [places, axes], drop);
      const squares = e.op('ReduceMean', [e.op('Mul', [places, places]), axes], drop);
      e.rename(mean, `mean_${i}`);
      e.rename(squares, `squares_${i}`);
      return [mean, squares];
    });
    e.setOutputs(outputs);
    e.removeDead();
  });

function added(before: Float64Array | undefined, values: Float32Array): Float64Array {
  const sum = before ?? new Float64Array(values.length);
  values.forEach((value, i) => (sum[i] = (sum[i] as number) + value));
  return sum;
}

function numbersOf(tensor: RuntimeTensor | undefined): Float32Array {
  if (tensor?.dtype !== 'float32' || !(tensor.data instanceof Uint8Array))
    throw new Error('the statistics did not come back');
  return new Float32Array(tensor.data.slice().buffer);
}

/** [C] as a constant. */
export const channelTensor = (values: Float32Array) => float32Tensor([values.length], values);
