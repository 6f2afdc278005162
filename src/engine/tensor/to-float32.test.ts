import { describe, expect, it } from 'vitest';
import { memorySource } from '../core/index.ts';
import { packedBytes, type DType } from './dtype.ts';
import { float32Tensor, int64Tensor, makeTensor } from './tensor.ts';
import { toFloat32 } from './to-float32.ts';
import { typedView } from './typed-view.ts';

const bytesOf = (view: ArrayBufferView): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

/** A tensor of that type whose elements are the numbers given, made by hand. */
const made: Readonly<
  Record<
    Exclude<DType, 'string' | 'complex64' | 'complex128'>,
    readonly [Uint8Array, readonly number[]]
  >
> = {
  float32: [bytesOf(Float32Array.of(1.5, -2)), [1.5, -2]],
  float64: [bytesOf(Float64Array.of(1.5, -2)), [1.5, -2]],
  float16: [bytesOf(Uint16Array.of(0x3e00, 0xc000)), [1.5, -2]],
  bfloat16: [bytesOf(Uint16Array.of(0x3fc0, 0xc000)), [1.5, -2]],
  int8: [bytesOf(Int8Array.of(127, -128)), [127, -128]],
  uint8: [Uint8Array.of(0, 255), [0, 255]],
  bool: [Uint8Array.of(0, 1), [0, 1]],
  int16: [bytesOf(Int16Array.of(32767, -32768)), [32767, -32768]],
  uint16: [bytesOf(Uint16Array.of(0, 65535)), [0, 65535]],
  int32: [bytesOf(Int32Array.of(-5, 2 ** 31 - 1)), [-5, 2 ** 31]],
  uint32: [bytesOf(Uint32Array.of(5, 2 ** 32 - 1)), [5, 2 ** 32]],
  int64: [bytesOf(BigInt64Array.of(-5n, 2n ** 53n)), [-5, 2 ** 53]],
  uint64: [bytesOf(BigUint64Array.of(5n, 2n ** 63n)), [5, 2 ** 63]],
  int4: [Uint8Array.of(0x87), [7, -8]],
  uint4: [Uint8Array.of(0x87), [7, 8]],
  int2: [Uint8Array.of(0b1001), [1, -2]],
  uint2: [Uint8Array.of(0b1001), [1, 2]],
  float4e2m1: [Uint8Array.of(0xf1), [0.5, -6]],
  float6e2m3: [Uint8Array.of(0xc8, 0x0f), [1, -7.5]],
  float6e3m2: [Uint8Array.of(0xcc, 0x0f), [1, -28]],
  float8e4m3fn: [Uint8Array.of(0x38, 0xfe), [1, -448]],
  float8e4m3fnuz: [Uint8Array.of(0x40, 0xff), [1, -240]],
  float8e5m2: [Uint8Array.of(0x3c, 0xfb), [1, -57344]],
  float8e5m2fnuz: [Uint8Array.of(0x40, 0xff), [1, -57344]],
  float8e8m0: [Uint8Array.of(127, 130), [1, 8]],
};

describe('toFloat32', () => {
  it.each(Object.keys(made) as (keyof typeof made)[])('%s', (dtype) => {
    const [bytes, values] = made[dtype];
    const tensor = makeTensor(dtype, [2], bytes);
    expect(Array.from(toFloat32(tensor))).toEqual(values);
    expect(typedView(tensor).byteLength).toBe(packedBytes(dtype, 2));
  });

  it('is a view where the bytes are aligned floats, else a copy', () => {
    const values = Float32Array.of(1, 2, 3);
    expect(toFloat32(float32Tensor([3], values)).buffer).toBe(values.buffer);
    const shifted = new Uint8Array(13);
    shifted.set(bytesOf(values), 1);
    const data = { source: memorySource(shifted), offset: 1, length: 12 };
    expect(Array.from(toFloat32({ dtype: 'float32', dims: [3], data }))).toEqual([1, 2, 3]);
  });

  it('refuses what are no real numbers', () => {
    expect(() => toFloat32({ dtype: 'string', dims: [0], data: [] })).toThrow(TypeError);
    expect(() => typedView({ dtype: 'string', dims: [0], data: [] })).toThrow(TypeError);
    expect(() => toFloat32(makeTensor('complex64', [1], new Uint8Array(8)))).toThrow(TypeError);
  });
});

describe('tensors made from numbers', () => {
  it('hold them', () => {
    expect(Array.from(typedView(int64Tensor([2], [1, -2n])) as BigInt64Array)).toEqual([1n, -2n]);
    expect(() => makeTensor('float32', [2], new Uint8Array(7))).toThrow(/takes 8 bytes, not 7/);
  });
});
