import { EngineError } from '../core/index.ts';
import { dtypeTable, elementCount, float16ToNumber } from '../tensor/index.ts';
import type { RuntimeTensor } from '../runtime/index.ts';

/** An output tensor's elements as numbers. Throws `runtime/run-failed` for strings and types that hold no plain numbers. */
export function outputNumbers(tensor: RuntimeTensor, name = 'output'): Float32Array {
  const { data, dtype } = tensor;
  if (!(data instanceof Uint8Array)) throw noNumbers(name, dtype);
  const count = elementCount(tensor.dims);
  const { buffer, byteOffset } = data.byteOffset % 8 === 0 ? data : data.slice();
  switch (dtype) {
    case 'float32':
      return new Float32Array(buffer, byteOffset, count);
    case 'float64':
      return Float32Array.from(new Float64Array(buffer, byteOffset, count));
    case 'float16':
      return Float32Array.from(new Uint16Array(buffer, byteOffset, count), float16ToNumber);
    case 'int8':
      return Float32Array.from(new Int8Array(buffer, byteOffset, count));
    case 'uint8':
    case 'bool':
      return Float32Array.from(data);
    case 'int16':
      return Float32Array.from(new Int16Array(buffer, byteOffset, count));
    case 'uint16':
      return Float32Array.from(new Uint16Array(buffer, byteOffset, count));
    case 'int32':
      return Float32Array.from(new Int32Array(buffer, byteOffset, count));
    case 'uint32':
      return Float32Array.from(new Uint32Array(buffer, byteOffset, count));
    case 'int64':
      return Float32Array.from(new BigInt64Array(buffer, byteOffset, count), Number);
    case 'uint64':
      return Float32Array.from(new BigUint64Array(buffer, byteOffset, count), Number);
    default:
      throw noNumbers(name, dtype);
  }
}

const noNumbers = (name: string, dtype: keyof typeof dtypeTable): EngineError =>
  new EngineError('runtime/run-failed', {
    where: `output "${name}"`,
    detail: `holds ${dtype}, which cannot be compared as numbers`,
  });

/** True for outputs whose values are compared: floating-point ones, and small integers (quantized). */
export const isComparable = (tensor: RuntimeTensor): boolean =>
  tensor.dtype === 'float32' ||
  tensor.dtype === 'float16' ||
  tensor.dtype === 'float64' ||
  tensor.dtype === 'int8' ||
  tensor.dtype === 'uint8';

/**
 * Number of classes when an output is one row of class scores per sample: `[N, C]`, or with axes of size 1 beside (`[N, C, 1, 1]`).
 * undefined when it is something else (boxes, pictures, sequences).
 */
export function classCount(dims: readonly number[], samples: number): number | undefined {
  const [batch, ...rest] = dims;
  if (batch !== samples) return undefined;
  const wide = rest.filter((size) => size !== 1);
  return wide.length === 1 && (wide[0] as number) >= 2 ? wide[0] : undefined;
}
