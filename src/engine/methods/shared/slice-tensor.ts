import {
  elementCount,
  dtypeTable,
  makeTensor,
  tensorBytes,
  type Tensor,
} from '../../tensor/index.ts';

/**
 * The slices `keep` (ascending or not, repeats allowed) of `tensor` along `axis`, as numpy's `take`: dims are the same but for
 * dims[axis] = keep.length. Element types of whole bytes only; throws for packed sub-byte types and strings.
 */
export function sliceTensor(tensor: Tensor, axis: number, keep: Uint32Array): Tensor {
  const bits = dtypeTable[tensor.dtype].bits;
  if (bits === 0 || bits % 8 !== 0) throw new TypeError(`${tensor.dtype} cannot be sliced`);
  const dims = slicedDims(tensor.dims, axis, keep.length);
  const width = (elementCount(tensor.dims.slice(axis + 1)) * bits) / 8;
  const outer = elementCount(tensor.dims.slice(0, axis));
  const source = tensorBytes(tensor);
  const target = new Uint8Array(outer * keep.length * width);
  if (width % 4 === 0 && source.byteOffset % 4 === 0)
    gather(words(source), words(target), outer, tensor.dims[axis] ?? 0, width / 4, keep);
  else gather(source, target, outer, tensor.dims[axis] ?? 0, width, keep);
  return makeTensor(tensor.dtype, dims, target);
}

const slicedDims = (dims: readonly number[], axis: number, length: number): number[] =>
  dims.map((dim, i) => (i === axis ? length : dim));

const words = (bytes: Uint8Array): Uint32Array =>
  new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);

/** Rows of `width` units; long rows are copied as blocks, short ones unit by unit (a call costs more than they do). */
function gather<T extends Uint8Array | Uint32Array>(
  source: T,
  target: T,
  outer: number,
  length: number,
  width: number,
  keep: Uint32Array,
): void {
  let at = 0;
  for (let o = 0; o < outer; o++) {
    const base = o * length;
    for (const slice of keep) {
      const from = (base + slice) * width;
      if (width >= 32) target.set(source.subarray(from, from + width), at);
      else for (let i = 0; i < width; i++) target[at + i] = source[from + i] as number;
      at += width;
    }
  }
}
