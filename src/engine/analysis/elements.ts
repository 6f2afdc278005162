import {
  dtypeTable,
  elementCount,
  float16ToNumber,
  tensorBytes,
  type DType,
  type Tensor,
} from '../tensor/index.ts';

/**
 * The elements of a tensor as numbers, in order, for reading statistics. Where the host has an array of that type it is a
 * view of the tensor's own bytes (a copy only when they lie at an address the array cannot start from); packed and exotic
 * types are decoded. 64-bit integers become doubles, exact up to 2^53. Types without an order or a number (strings, complex,
 * and the small floats whose bits are only carried) give undefined.
 */
export function tensorElements(tensor: Tensor): ArrayLike<number> | undefined {
  const decode: Decoder | undefined = decoders[tensor.dtype];
  if (decode === undefined) return undefined;
  const width = Math.max(1, dtypeTable[tensor.dtype].bits / 8);
  return decode(alignedBytes(tensorBytes(tensor), width), elementCount(tensor.dims));
}

/** The same bytes at an address a typed array of `width` bytes an element accepts. */
export const alignedBytes = (bytes: Uint8Array, width: number): Uint8Array =>
  bytes.byteOffset % width === 0 ? bytes : bytes.slice();

type Decoder = (bytes: Uint8Array, count: number) => ArrayLike<number>;

const decoders = {
  float32: (b, n) => new Float32Array(b.buffer, b.byteOffset, n),
  float64: (b, n) => new Float64Array(b.buffer, b.byteOffset, n),
  float16: (b, n) => Float32Array.from(new Uint16Array(b.buffer, b.byteOffset, n), float16ToNumber),
  bfloat16: (b, n) => widenBfloat16(new Uint16Array(b.buffer, b.byteOffset, n)),
  uint8: (b) => b,
  bool: (b) => b,
  int8: (b, n) => new Int8Array(b.buffer, b.byteOffset, n),
  uint16: (b, n) => new Uint16Array(b.buffer, b.byteOffset, n),
  int16: (b, n) => new Int16Array(b.buffer, b.byteOffset, n),
  uint32: (b, n) => new Uint32Array(b.buffer, b.byteOffset, n),
  int32: (b, n) => new Int32Array(b.buffer, b.byteOffset, n),
  uint64: (b, n) => Float64Array.from(new BigUint64Array(b.buffer, b.byteOffset, n), Number),
  int64: (b, n) => Float64Array.from(new BigInt64Array(b.buffer, b.byteOffset, n), Number),
  uint4: (b, n) => unpack(b, n, 4, new Uint8Array(n), 0),
  int4: (b, n) => unpack(b, n, 4, new Int8Array(n), 8),
  uint2: (b, n) => unpack(b, n, 2, new Uint8Array(n), 0),
  int2: (b, n) => unpack(b, n, 2, new Int8Array(n), 2),
  string: undefined,
  complex64: undefined,
  complex128: undefined,
  float8e4m3fn: undefined,
  float8e4m3fnuz: undefined,
  float8e5m2: undefined,
  float8e5m2fnuz: undefined,
  float8e8m0: undefined,
  float4e2m1: undefined,
  float6e2m3: undefined,
  float6e3m2: undefined,
} as const satisfies Record<DType, Decoder | undefined>;

/** bfloat16 is the upper half of a float32. */
function widenBfloat16(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < bits.length; i++) bits[i] = (halves[i] as number) << 16;
  return new Float32Array(bits.buffer);
}

/** Little end first (ONNX spec, int4/uint4). `signBit` is the value of the sign bit, 0 for unsigned. */
function unpack<T extends Uint8Array | Int8Array>(
  bytes: Uint8Array,
  count: number,
  bits: 2 | 4,
  target: T,
  signBit: number,
): T {
  const perByte = 8 / bits;
  const mask = (1 << bits) - 1;
  for (let i = 0; i < count; i++) {
    const raw = ((bytes[Math.floor(i / perByte)] as number) >> ((i % perByte) * bits)) & mask;
    target[i] = (raw ^ signBit) - signBit;
  }
  return target;
}
