import { describe, expect, it } from 'vitest';
import { createRng } from '../core/index.ts';
import { buildModel, type Model, type Value } from '../graph/index.ts';
import {
  float16ToNumber,
  float32Tensor,
  makeTensor,
  numberToFloat16,
  type Tensor,
} from '../tensor/index.ts';
import { createStatistics } from './statistics.ts';

function holding(tensor: Tensor): { model: Model; value: Value } {
  const model = buildModel(17, (e) => e.addOutput(e.op('Identity', [e.addConstant('w', tensor)])));
  return { model, value: model.graph.constants[0]! };
}

const bytes = (array: ArrayBufferView): Uint8Array => new Uint8Array(array.buffer);

/** The bin of a number, by way of DataView: the first two bytes of its big-endian float32, without the sign. */
function binOf(number: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, number);
  return view.getUint16(0) & 0x7fff;
}

const awkward = [
  0,
  -0,
  1,
  -1,
  1e-45,
  -1e-45,
  5e-39,
  0.5,
  3.4e38,
  -3.4e38,
  Infinity,
  -Infinity,
  1 / 3,
];

describe('statistics', () => {
  it('count magnitudes by bin, signs and both zeros together', () => {
    const { model, value } = holding(float32Tensor([awkward.length], awkward));
    const histogram = createStatistics(model).magnitudeHistogram(value);
    const expected = new Map<number, number>();
    for (const number of awkward)
      expected.set(binOf(number), (expected.get(binOf(number)) ?? 0) + 1);
    expect(histogram).toHaveLength(32_768);
    expect([...histogram].flatMap((count, bin) => (count > 0 ? [[bin, count]] : []))).toEqual(
      [...expected].toSorted((a, b) => a[0] - b[0]),
    );
    expect(createStatistics(model).nonzero(value)).toBe(awkward.length - 2);
  });

  it('read float16 as the numbers it stands for', () => {
    const halves = Uint16Array.from([...awkward.filter(Number.isFinite), 1e-7], numberToFloat16);
    const half = holding(makeTensor('float16', [halves.length], bytes(halves)));
    const same = holding(float32Tensor([halves.length], Array.from(halves, float16ToNumber)));
    const a = createStatistics(half.model);
    const b = createStatistics(same.model);
    expect(a.magnitudeHistogram(half.value)).toEqual(b.magnitudeHistogram(same.value));
    expect(a.nonzero(half.value)).toBe(b.nonzero(same.value));
    expect(a.range(half.value)).toEqual(b.range(same.value));
  });

  it('find the range, NaN left out', () => {
    const { model, value } = holding(float32Tensor([4], [NaN, -2, 3, NaN]));
    expect(createStatistics(model).range(value)).toEqual([-2, 3]);
    const none = holding(float32Tensor([1], [NaN]));
    expect(createStatistics(none.model).range(none.value)).toEqual([Infinity, -Infinity]);
    expect(createStatistics(none.model).nonzero(none.value)).toBe(1);
  });

  it('give norms along every axis', () => {
    const dims = [3, 4, 2, 5];
    const rng = createRng(9);
    const numbers = Float32Array.from({ length: 120 }, () => rng.normal());
    const { model, value } = holding(float32Tensor(dims, numbers));
    for (const [axis, length] of dims.entries()) {
      const l1 = Array.from({ length }, () => 0);
      const squares = Array.from({ length }, () => 0);
      numbers.forEach((x, i) => {
        const index = [Math.floor(i / 40), Math.floor(i / 10) % 4, Math.floor(i / 5) % 2, i % 5][
          axis
        ]!;
        l1[index]! += Math.abs(x);
        squares[index]! += x * x;
      });
      const norms = createStatistics(model).norms(value, axis);
      expect([...norms.l1]).toEqual(l1.map((sum) => expect.closeTo(sum, 9)));
      expect([...norms.l2]).toEqual(squares.map((sum) => expect.closeTo(Math.sqrt(sum), 9)));
    }
  });

  it('count non-zeros of integers, packed ones too', () => {
    const int4 = holding(makeTensor('int4', [5], Uint8Array.of(0x10, 0xf0, 0x03)));
    expect(createStatistics(int4.model).nonzero(int4.value)).toBe(3);
    expect(createStatistics(int4.model).range(int4.value)).toEqual([-1, 3]);
    const uint2 = holding(makeTensor('uint2', [5], Uint8Array.of(0b11_00_10_00, 0b01)));
    expect(createStatistics(uint2.model).nonzero(uint2.value)).toBe(3);
    const int64 = holding(makeTensor('int64', [2], bytes(BigInt64Array.of(0n, -(2n ** 40n)))));
    expect(createStatistics(int64.model).range(int64.value)).toEqual([-(2 ** 40), 0]);
    const bf16 = holding(makeTensor('bfloat16', [2], bytes(Uint16Array.of(0x3fc0, 0x8000))));
    expect(createStatistics(bf16.model).range(bf16.value)).toEqual([-0, 1.5]);
    expect(createStatistics(bf16.model).nonzero(bf16.value)).toBe(1);
  });

  it('are kept with the tensor, whichever model asks', () => {
    const tensor = float32Tensor([2], [1, 2]);
    const a = holding(tensor);
    const b = holding(tensor);
    expect(createStatistics(a.model).magnitudeHistogram(a.value)).toBe(
      createStatistics(b.model).magnitudeHistogram(b.value),
    );
    expect(createStatistics(a.model).norms(a.value, 0)).toBe(
      createStatistics(b.model).norms(b.value, 0),
    );
  });
});
