import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { ByteSource, Span } from '../core/index.ts';
import { dtypeTable, packedBytes, packBits, type DType } from '../tensor/index.ts';

/**
 * The typed data fields of TensorProto (float_data, int32_data, …). Packed float_data and double_data lie in the file as
 * raw_data would; the others are varints and are decoded when their bytes are first read, once. How many numbers
 * there are and that each is whole was checked when the field was found.
 */
export type TypedField = 'float_data' | 'double_data' | 'int32_data' | 'int64_data' | 'uint64_data';

/** A run of encoded numbers: all packed into one field, or a single one. */
export interface Chunk {
  readonly offset: number;
  readonly length: number;
}

const fieldsOf = {
  float32: 'float_data',
  complex64: 'float_data',
  float64: 'double_data',
  complex128: 'double_data',
  int64: 'int64_data',
  uint64: 'uint64_data',
  uint32: 'uint64_data',
  string: undefined,
  int32: 'int32_data',
  uint8: 'int32_data',
  int8: 'int32_data',
  uint16: 'int32_data',
  int16: 'int32_data',
  bool: 'int32_data',
  float16: 'int32_data',
  bfloat16: 'int32_data',
  float8e4m3fn: 'int32_data',
  float8e4m3fnuz: 'int32_data',
  float8e5m2: 'int32_data',
  float8e5m2fnuz: 'int32_data',
  float8e8m0: 'int32_data',
  uint4: 'int32_data',
  int4: 'int32_data',
  float4e2m1: 'int32_data',
  uint2: 'int32_data',
  int2: 'int32_data',
  float6e2m3: 'int32_data',
  float6e3m2: 'int32_data',
} as const satisfies Record<DType, TypedField | undefined>;

/** The field a tensor of this type keeps its numbers in. */
export const typedFieldOf = (dtype: DType): TypedField | undefined => fieldsOf[dtype];

const isSixBits = (dtype: DType): boolean => dtypeTable[dtype].bits === 6;

/** How many numbers the field holds for `count` elements: two per complex, one per byte of packed types. */
export function numbersFor(dtype: DType, count: number): number {
  if (dtypeTable[dtype].kind === 'complex') return 2 * count;
  return dtypeTable[dtype].bits < 8 && !isSixBits(dtype) ? packedBytes(dtype, count) : count;
}

/** The numbers as raw_data would hold them. */
export function typedSpan(
  source: ByteSource,
  dtype: DType,
  count: number,
  chunks: readonly Chunk[],
): Span {
  const length = packedBytes(dtype, count);
  const [only] = chunks;
  const fixed = fieldsOf[dtype] === 'float_data' || fieldsOf[dtype] === 'double_data';
  if (fixed && chunks.length === 1 && only !== undefined) return { source, ...only };
  const decode = fixed
    ? () => joinChunks(source, chunks, length)
    : () => decodeVarints(source, dtype, count, chunks);
  return { source: lazySource(source.name, length, decode), offset: 0, length };
}

function lazySource(name: string, size: number, decode: () => Uint8Array): ByteSource {
  let decoded: Uint8Array | undefined;
  return {
    name,
    size,
    read(offset, length) {
      if (offset < 0 || length < 0 || offset + length > size)
        throw new RangeError(`${name}: ${offset}+${length} lies outside ${size} bytes`);
      decoded ??= decode();
      return decoded.subarray(offset, offset + length);
    },
  };
}

function joinChunks(source: ByteSource, chunks: readonly Chunk[], length: number): Uint8Array {
  const joined = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    joined.set(source.read(chunk.offset, chunk.length), at);
    at += chunk.length;
  }
  return joined;
}

function decodeVarints(
  source: ByteSource,
  dtype: DType,
  count: number,
  chunks: readonly Chunk[],
): Uint8Array {
  if (dtypeTable[dtype].bits === 64) return decode64(source, count, chunks);
  const width = Math.max(dtypeTable[dtype].bits >> 3, 1);
  const bytes = new Uint8Array(isSixBits(dtype) ? count : packedBytes(dtype, count));
  let at = 0;
  for (const chunk of chunks) {
    const reader = new BinaryReader(source.read(chunk.offset, chunk.length));
    while (reader.pos < reader.len) {
      const value = reader.uint32();
      for (let i = 0; i < width; i++) bytes[at++] = value >>> (8 * i);
    }
  }
  return isSixBits(dtype) ? packBits(bytes, 6) : bytes;
}

function decode64(source: ByteSource, count: number, chunks: readonly Chunk[]): Uint8Array {
  const values = new BigInt64Array(count);
  let at = 0;
  for (const chunk of chunks) {
    const reader = new BinaryReader(source.read(chunk.offset, chunk.length));
    while (reader.pos < reader.len) values[at++] = BigInt(reader.int64());
  }
  return new Uint8Array(values.buffer);
}
