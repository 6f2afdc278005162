/**
 * Element types of ONNX tensors (onnx.proto `TensorProto.DataType`, IR version 14), one row each.
 * `bits` is what one element takes when packed; sub-byte types are packed little end first (ONNX spec, "int4/uint4").
 */
export interface DTypeInfo {
  readonly bits: number;
  readonly kind: 'float' | 'int' | 'uint' | 'bool' | 'string' | 'complex';
}

export const dtypeTable = {
  float32: { bits: 32, kind: 'float' },
  uint8: { bits: 8, kind: 'uint' },
  int8: { bits: 8, kind: 'int' },
  uint16: { bits: 16, kind: 'uint' },
  int16: { bits: 16, kind: 'int' },
  int32: { bits: 32, kind: 'int' },
  int64: { bits: 64, kind: 'int' },
  string: { bits: 0, kind: 'string' },
  bool: { bits: 8, kind: 'bool' },
  float16: { bits: 16, kind: 'float' },
  float64: { bits: 64, kind: 'float' },
  uint32: { bits: 32, kind: 'uint' },
  uint64: { bits: 64, kind: 'uint' },
  complex64: { bits: 64, kind: 'complex' },
  complex128: { bits: 128, kind: 'complex' },
  bfloat16: { bits: 16, kind: 'float' },
  float8e4m3fn: { bits: 8, kind: 'float' },
  float8e4m3fnuz: { bits: 8, kind: 'float' },
  float8e5m2: { bits: 8, kind: 'float' },
  float8e5m2fnuz: { bits: 8, kind: 'float' },
  uint4: { bits: 4, kind: 'uint' },
  int4: { bits: 4, kind: 'int' },
  float4e2m1: { bits: 4, kind: 'float' },
  float8e8m0: { bits: 8, kind: 'float' },
  uint2: { bits: 2, kind: 'uint' },
  int2: { bits: 2, kind: 'int' },
  float6e2m3: { bits: 6, kind: 'float' },
  float6e3m2: { bits: 6, kind: 'float' },
} as const satisfies Record<string, DTypeInfo>;

export type DType = keyof typeof dtypeTable;

/** Number of elements; 1 for a scalar. */
export const elementCount = (dims: readonly number[]): number =>
  dims.reduce((product, dim) => product * dim, 1);

/** Bytes that `count` packed elements take (the last byte of a sub-byte type may be part empty). */
export const packedBytes = (dtype: DType, count: number): number =>
  Math.ceil((count * dtypeTable[dtype].bits) / 8);
