import type { RuntimeTensor } from '../../runtime/index.ts';

/** Tensors of a runtime from and to the numbers that tests compare. */

/** The values are not copied. */
export const fromFloats = (dims: readonly number[], values: Float32Array): RuntimeTensor => ({
  dtype: 'float32',
  dims,
  data: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
});

/** A copy of the values. Throws when the tensor is missing or not float32. */
export function floats(tensor: RuntimeTensor | undefined): Float32Array {
  if (tensor?.dtype !== 'float32' || !(tensor.data instanceof Uint8Array))
    throw new Error('not a float32 tensor');
  const { data } = tensor;
  return new Float32Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
}
