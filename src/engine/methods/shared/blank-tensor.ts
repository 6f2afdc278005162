import type { ByteSource } from '../../core/index.ts';
import { elementCount, packedBytes, type DType, type Tensor } from '../../tensor/index.ts';

/**
 * Tensors of the right dtype, dims and byte length that hold nothing. A method rewrites a model twice with the same code: once with
 * blank tensors, to know structure and size to the byte while a slider moves, and once with real ones.
 * All blanks read from one virtual source of zeros; nothing is allocated until somebody reads.
 */
const zeros: ByteSource = {
  name: 'virtual zeros',
  size: Number.MAX_SAFE_INTEGER,
  read: (_offset, length) => new Uint8Array(length),
};

export function blankTensor(dtype: DType, dims: readonly number[]): Tensor {
  const length = packedBytes(dtype, elementCount(dims));
  return { dtype, dims, data: { source: zeros, offset: 0, length } };
}

/** True for a tensor made by `blankTensor`: its numbers mean nothing. */
export const isBlank = (tensor: Tensor): boolean =>
  'source' in tensor.data && tensor.data.source === zeros;
