import { createRng } from '../../src/engine/core/index.ts';
import { heNormal } from '../../src/engine/train/index.ts';
import { typedView } from '../../src/engine/tensor/index.ts';

/**
 * One task for every engine: the CNN of the design (conv 5×5/2 ×16, conv 3×3/2 ×32, linear; 28 × 28 grey images, 10 classes), the same starting
 * weights, the same batch of 64, momentum SGD. Layouts are ONNX's: NCHW, kernels [out, in, height, width], linear [in, out].
 */
export interface Task {
  readonly batch: number;
  /** float32 [64, 1, 28, 28] */
  readonly images: Float32Array;
  readonly labels: Int32Array;
  readonly weights: Readonly<
    Record<'conv1' | 'bias1' | 'conv2' | 'bias2' | 'linear' | 'bias3', Weight>
  >;
  readonly learningRate: number;
  readonly momentum: number;
}

export interface Weight {
  readonly dims: readonly number[];
  readonly values: Float32Array;
}

/** An engine that trains: one step on the task's batch, giving the loss before the step. */
export interface Trainer {
  readonly name: string;
  step(): Promise<number>;
  release(): Promise<void> | void;
}

export function trainingTask(): Task {
  const rng = createRng(1);
  const batch = 64;
  const normal = (name: string, dims: readonly number[]): Weight => {
    const tensor = heNormal(dims, rng.fork(name));
    return { dims, values: typedView(tensor) as Float32Array };
  };
  const zeros = (count: number): Weight => ({ dims: [count], values: new Float32Array(count) });
  const linear = normal('linear', [10, 32 * 7 * 7]);
  return {
    batch,
    images: Float32Array.from({ length: batch * 784 }, () => rng.next()),
    labels: Int32Array.from({ length: batch }, () => rng.integer(10)),
    weights: {
      conv1: normal('conv1', [16, 1, 5, 5]),
      bias1: zeros(16),
      conv2: normal('conv2', [32, 16, 3, 3]),
      bias2: zeros(32),
      linear: { dims: [32 * 7 * 7, 10], values: linear.values },
      bias3: zeros(10),
    },
    learningRate: 0.02,
    momentum: 0.9,
  };
}
