import type { Rng } from '../core/index.ts';
import { elementCount, float32Tensor, type Tensor } from '../tensor/index.ts';

/**
 * Seeded starting weights. Weight layouts: Conv [out, in/group, …kernel], Gemm with transB [out,
 * in]. Fan-in is the number of inputs one output sums, fan-out the number of outputs one input
 * reaches.
 */

/** Normal with variance 2 / fan-in: keeps the scale through Relu (He et al. 2015). */
export function heNormal(dims: readonly number[], rng: Rng): Tensor {
  const deviation = Math.sqrt(2 / elementCount(dims.slice(1)));
  return float32Tensor(
    dims,
    Float32Array.from({ length: elementCount(dims) }, () => deviation * rng.normal()),
  );
}

/** Uniform with variance 2 / (fan-in + fan-out) (Glorot & Bengio 2010). */
export function xavierUniform(dims: readonly number[], rng: Rng): Tensor {
  const receptive = elementCount(dims.slice(2));
  const limit = Math.sqrt(6 / (((dims[0] ?? 1) + (dims[1] ?? 1)) * receptive));
  return float32Tensor(
    dims,
    Float32Array.from({ length: elementCount(dims) }, () => limit * (2 * rng.next() - 1)),
  );
}

export const filled = (dims: readonly number[], value: number): Tensor =>
  float32Tensor(dims, new Float32Array(elementCount(dims)).fill(value));
