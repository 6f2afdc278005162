import { describe, expect, test } from 'vitest';
import { createRng } from '../../core/index.ts';
import {
  float32Tensor,
  float16ToNumber,
  numberToFloat16,
  tensorBytes,
} from '../../tensor/index.ts';
import { halfBits, halfLoss, toHalf } from './half-tensor.ts';

const bitsOf = (value: number): number =>
  new Uint32Array(new Float32Array([value]).buffer)[0] as number;

describe('halfBits', () => {
  test('rounds like an independent conversion from the number', () => {
    const rng = createRng(1);
    const view = new DataView(new ArrayBuffer(4));
    let compared = 0;
    for (let i = 0; i < 200_000; i++) {
      const bits = rng.uint32();
      view.setUint32(0, bits);
      const value = view.getFloat32(0);
      const magnitude = Math.abs(value);
      if (Number.isNaN(value) || magnitude >= 65520 || (magnitude <= 2 ** -25 && magnitude > 0))
        continue;
      expect(halfBits(bits)).toBe(numberToFloat16(value));
      compared++;
    }
    expect(compared).toBeGreaterThan(20_000);
  });

  test('every float16 comes back as itself', () => {
    for (let half = 0; half < 0x7c00; half++)
      for (const sign of [0, 0x8000])
        expect(halfBits(bitsOf(float16ToNumber(half | sign)))).toBe(half | sign);
  });

  test('rounds ties to even in the subnormal range', () => {
    expect(halfBits(bitsOf(2.5 * 2 ** -24))).toBe(2);
    expect(halfBits(bitsOf(3.5 * 2 ** -24))).toBe(4);
    expect(halfBits(bitsOf(1.5 * 2 ** -24))).toBe(2);
  });

  test('clamps what would be infinite and raises what would vanish', () => {
    expect(float16ToNumber(halfBits(bitsOf(-1e9)))).toBe(-65504);
    expect(float16ToNumber(halfBits(bitsOf(1e-12)))).toBe(2 ** -24);
    expect(float16ToNumber(halfBits(bitsOf(-1e-12)))).toBe(-(2 ** -24));
    expect(float16ToNumber(halfBits(bitsOf(Infinity)))).toBe(Infinity);
    expect(float16ToNumber(halfBits(bitsOf(NaN)))).toBeNaN();
    expect(halfBits(bitsOf(0))).toBe(0);
  });
});

test('counts what it clamps and raises, and keeps exactly the zeros zero', () => {
  const values = [0, -0, 1, 65504, 65519, 65520, -1e30, Infinity, 1e-8, 2 ** -25, 2 ** -24, -1e-30];
  const tensor = float32Tensor([values.length], values);
  expect(halfLoss(tensor)).toEqual({ clamped: 2, raised: 3 });
  const bytes = tensorBytes(toHalf(tensor));
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, values.length);
  expect(Array.from(halves, (half) => (half & 0x7fff) === 0)).toEqual(
    values.map((value) => value === 0),
  );
});
