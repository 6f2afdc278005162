import { memorySource, readSpan, type Span } from '../core/index.ts';
import { elementCount, packedBytes, type DType } from './dtype.ts';

/**
 * An immutable tensor. `data` is the packed little-endian bytes, row-major, exactly as ONNX `raw_data` (a view of the file
 * wherever possible), or the raw UTF-8 bytes of each string. `origin` is the encoded message the tensor was read
 * from: a codec emits it again as it is, so that an untouched tensor stays byte-identical. A changed tensor is a new object without it.
 */
export interface Tensor {
  readonly dtype: DType;
  readonly dims: readonly number[];
  readonly data: Span | readonly Uint8Array[];
  readonly origin?: Span;
}

/**
 * A sparse tensor as ONNX stores it: `values` are the elements that differ from zero, [NNZ]; `indices` int64, either
 * [NNZ] positions in the row-major order of `dims`, or [NNZ, rank] coordinates.
 */
export interface SparseTensor {
  readonly dims: readonly number[];
  readonly values: Tensor;
  readonly indices: Tensor;
  readonly origin?: Span;
}

/** The packed bytes (a view where the source is in memory). Throws for strings. */
export function tensorBytes(tensor: Tensor): Uint8Array {
  if (Array.isArray(tensor.data)) throw new TypeError('a string tensor has no packed bytes');
  return readSpan(tensor.data as Span);
}

/** Bytes of the packed elements, without reading them. */
export function tensorByteLength(tensor: Tensor): number {
  if (Array.isArray(tensor.data))
    return tensor.data.reduce((sum, text: Uint8Array) => sum + text.byteLength, 0);
  return (tensor.data as Span).length;
}

export function makeTensor(dtype: DType, dims: readonly number[], bytes: Uint8Array): Tensor {
  const expected = packedBytes(dtype, elementCount(dims));
  if (bytes.byteLength !== expected)
    throw new RangeError(
      `${dtype}[${dims.join(',')}] takes ${expected} bytes, not ${bytes.byteLength}`,
    );
  return {
    dtype,
    dims,
    data: { source: memorySource(bytes), offset: 0, length: bytes.byteLength },
  };
}

const viewBytes = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

export const float32Tensor = (dims: readonly number[], values: ArrayLike<number>): Tensor =>
  makeTensor(
    'float32',
    dims,
    viewBytes(values instanceof Float32Array ? values : Float32Array.from(values)),
  );

export const int64Tensor = (dims: readonly number[], values: ArrayLike<number | bigint>): Tensor =>
  makeTensor('int64', dims, viewBytes(BigInt64Array.from(Array.from(values, BigInt))));
