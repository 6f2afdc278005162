import type { DType } from './dtype.ts';
import { tensorBytes, type Tensor } from './tensor.ts';

/** What the packed bytes of each type are read as: bits for the floats JavaScript lacks, bytes for packed sub-byte types. */
const views = {
  float32: Float32Array,
  float64: Float64Array,
  complex64: Float32Array,
  complex128: Float64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  float8e4m3fn: Uint8Array,
  float8e4m3fnuz: Uint8Array,
  float8e5m2: Uint8Array,
  float8e5m2fnuz: Uint8Array,
  float8e8m0: Uint8Array,
  uint4: Uint8Array,
  int4: Uint8Array,
  float4e2m1: Uint8Array,
  uint2: Uint8Array,
  int2: Uint8Array,
  float6e2m3: Uint8Array,
  float6e3m2: Uint8Array,
} as const satisfies Record<Exclude<DType, 'string'>, unknown>;

export type TypedViewOf<D extends Exclude<DType, 'string'>> = InstanceType<(typeof views)[D]>;
export type TypedView = TypedViewOf<Exclude<DType, 'string'>>;

/**
 * The elements as a typed array: a view of the tensor's bytes where their alignment allows, else a copy. Not to be written
 * to. Complex numbers are pairs, sub-byte types stay packed. Throws TypeError for strings.
 */
export function typedView<D extends Exclude<DType, 'string'>>(
  tensor: Tensor & { readonly dtype: D },
): TypedViewOf<D>;
export function typedView(tensor: Tensor): TypedView;
export function typedView(tensor: Tensor): TypedView {
  if (tensor.dtype === 'string') throw new TypeError('a string tensor has no typed view');
  const View = views[tensor.dtype];
  const bytes = tensorBytes(tensor);
  const size = View.BYTES_PER_ELEMENT;
  if (bytes.byteOffset % size === 0)
    return new View(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength / size);
  return new View(bytes.slice().buffer);
}
