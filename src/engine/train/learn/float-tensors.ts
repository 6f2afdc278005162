import type { RuntimeTensor } from '../../runtime/index.ts';

/** The numbers of a float32 tensor: a view where the alignment of its bytes allows. */
export function floatsOf(tensor: RuntimeTensor): Float32Array {
  if (tensor.dtype !== 'float32' || !(tensor.data instanceof Uint8Array))
    throw new TypeError(`${tensor.dtype} is not float32`);
  const { buffer, byteOffset, byteLength } =
    tensor.data.byteOffset % 4 === 0 ? tensor.data : tensor.data.slice();
  return new Float32Array(buffer, byteOffset, byteLength / 4);
}

export const floatTensor = (dims: readonly number[], values: Float32Array): RuntimeTensor => ({
  dtype: 'float32',
  dims,
  data: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
});

export const scalarTensor = (value: number): RuntimeTensor =>
  floatTensor([], Float32Array.of(value));

/** NaN where there is none. */
export const scalarOf = (tensor: RuntimeTensor | undefined): number =>
  tensor === undefined ? Number.NaN : (floatsOf(tensor)[0] ?? Number.NaN);

/** Rows [from, to) of a tensor along its first axis (a view). */
export function rowsOf(tensor: RuntimeTensor, from: number, to: number): RuntimeTensor {
  const [count = 1, ...rest] = tensor.dims;
  if (!(tensor.data instanceof Uint8Array))
    return { ...tensor, dims: [to - from, ...rest], data: tensor.data.slice(from, to) };
  const size = tensor.data.byteLength / Math.max(1, count);
  return {
    ...tensor,
    dims: [to - from, ...rest],
    data: tensor.data.subarray(from * size, to * size),
  };
}
