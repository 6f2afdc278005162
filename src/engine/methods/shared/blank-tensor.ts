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

/** How many of its elements will not be zero, where that is known without the numbers. */
type NonzeroCount = () => number | undefined;
const nonzeroCounts = new WeakMap<Tensor, NonzeroCount>();

export function blankTensor(dtype: DType, dims: readonly number[], nonzero?: NonzeroCount): Tensor {
  const length = packedBytes(dtype, elementCount(dims));
  const tensor: Tensor = { dtype, dims, data: { source: zeros, offset: 0, length } };
  if (nonzero !== undefined) nonzeroCounts.set(tensor, nonzero);
  return tensor;
}

/** True for a tensor made by `blankTensor`: its numbers mean nothing. */
export const isBlank = (tensor: Tensor): boolean =>
  'source' in tensor.data && tensor.data.source === zeros;

export const blankNonzero = (tensor: Tensor): number | undefined => nonzeroCounts.get(tensor)?.();
