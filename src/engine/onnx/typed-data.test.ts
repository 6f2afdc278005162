import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { describe, expect, it } from 'vitest';
import { unwrap } from '../core/index.ts';
import { tensorBytes, toFloat32, typedView, type Tensor } from '../tensor/index.ts';
import { readModel } from './index.ts';
import { bytes, graph, model, type Field } from './testing/encode.ts';

const read = (dims: readonly number[], code: number, ...data: readonly Field[]): Tensor => {
  const fields: Field[] = [...dims.map((dim) => [1, dim] as const), [2, code], [8, 'w'], ...data];
  const constant = unwrap(readModel(model(graph(undefined, [5, fields])))).graph.constants[0]
    ?.constant;
  if (constant === undefined) throw new Error('no constant');
  return constant;
};

const packed = (write: (writer: BinaryWriter) => void): Uint8Array => {
  const writer = new BinaryWriter();
  write(writer);
  return writer.finish();
};
const int32s = (...values: readonly number[]): Field => [
  5,
  packed((w) => values.forEach((value) => w.int32(value))),
];

describe('typed data reads as raw_data would', () => {
  it('whole numbers of every width, negative ones too', () => {
    expect([...(typedView(read([3], 6, int32s(1, -1, -2147483648))) as Int32Array)]).toEqual([
      1, -1, -2147483648,
    ]);
    expect([...(typedView(read([3], 3, int32s(1, -1, -128))) as Int8Array)]).toEqual([1, -1, -128]);
    expect([...(typedView(read([2], 5, int32s(-32768, 32767))) as Int16Array)]).toEqual([
      -32768, 32767,
    ]);
    expect([...(typedView(read([2], 2, int32s(0, 255))) as Uint8Array)]).toEqual([0, 255]);
    expect([...(typedView(read([2], 4, int32s(0, 65535))) as Uint16Array)]).toEqual([0, 65535]);
    expect([...(typedView(read([2], 9, int32s(0, 1))) as Uint8Array)]).toEqual([0, 1]);
    const big = packed((w) => w.int64(-1n).int64(2n ** 62n));
    expect([...(typedView(read([2], 7, [7, big])) as BigInt64Array)]).toEqual([-1n, 2n ** 62n]);
    const unsigned = packed((w) => w.uint64(2n ** 64n - 1n).uint64(7));
    expect([...(typedView(read([2], 13, [11, unsigned])) as BigUint64Array)]).toEqual([
      2n ** 64n - 1n,
      7n,
    ]);
    const uint32 = packed((w) => w.uint64(2n ** 32n - 1n).uint64(7));
    expect([...(typedView(read([2], 12, [11, uint32])) as Uint32Array)]).toEqual([2 ** 32 - 1, 7]);
  });

  it('floats by their bits', () => {
    expect([...toFloat32(read([2], 10, int32s(0x3c00, 0xc000)))]).toEqual([1, -2]);
    expect([...toFloat32(read([2], 16, int32s(0x3f80, 0xc000)))]).toEqual([1, -2]);
    expect([...toFloat32(read([2], 17, int32s(0x38, 0xfe)))]).toEqual([1, -448]);
    expect([...toFloat32(read([2], 1, [4, bytes(0, 0, 128, 63, 0, 0, 0, 192)]))]).toEqual([1, -2]);
    const doubles = packed((w) => w.double(0.1).double(-2));
    expect([...(typedView(read([2], 11, [10, doubles])) as Float64Array)]).toEqual([0.1, -2]);
    const complex = packed((w) => w.float(1).float(2).float(3).float(4));
    expect([...(typedView(read([2], 14, [4, complex])) as Float32Array)]).toEqual([1, 2, 3, 4]);
  });

  it('packed types: a byte per number, six-bit floats one by one', () => {
    expect([...toFloat32(read([3], 22, int32s(0x87, 0x01)))]).toEqual([7, -8, 1]);
    expect([...toFloat32(read([5], 26, int32s(0b11_10_01_00, 0b01)))]).toEqual([0, 1, -2, -1, 1]);
    expect([...toFloat32(read([3], 27, int32s(8, 0x3f, 0)))]).toEqual([1, -7.5, 0]);
    expect(tensorBytes(read([3], 27, int32s(8, 0x3f, 0)))).toHaveLength(3);
  });

  it('one number a field, or in several runs', () => {
    expect([...(typedView(read([3], 6, [5, 5], int32s(6), [5, -7])) as Int32Array)]).toEqual([
      5, 6, -7,
    ]);
    expect([...toFloat32(read([2], 1, [4, { float: 1.5 }], [4, { float: -2 }]))]).toEqual([
      1.5, -2,
    ]);
    const half = packed((w) => w.float(1));
    expect([...toFloat32(read([3], 1, [4, half], [4, { float: 2 }], [4, half]))]).toEqual([
      1, 2, 1,
    ]);
    expect(read([0], 1, [4, new Uint8Array(0)]).data).toMatchObject({ length: 0 });
  });

  it('is decoded once', () => {
    const tensor = read([2], 6, int32s(1, 2));
    expect(tensorBytes(tensor).buffer).toBe(tensorBytes(tensor).buffer);
  });
});
