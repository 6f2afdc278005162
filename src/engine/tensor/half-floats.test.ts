import { describe, expect, it } from 'vitest';
import { createRng } from '../core/index.ts';
import { float16ToNumber, numberToFloat16 } from './float16.ts';
import {
  bfloat16sToFloat32s,
  float16sToFloat32s,
  float32sToBfloat16s,
  float32sToFloat16s,
} from './half-floats.ts';

const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
const isNaN16 = (bits: number): boolean => (bits & 0x7fff) > 0x7c00;

/** Every pattern, and float32 patterns at random, of every exponent. */
function patterns(): Float32Array {
  const rng = createRng(1);
  return new Float32Array(Uint32Array.from({ length: 200_000 }, () => rng.uint32()).buffer);
}

describe('float16 arrays', () => {
  it('widen like the conversion by arithmetic, for all 65,536 patterns', () => {
    const values = float16sToFloat32s(all);
    let wrong = 0;
    for (let bits = 0; bits < 65536; bits++)
      if (!Object.is(values[bits], float16ToNumber(bits))) wrong++;
    expect(wrong).toBe(0);
  });

  it('come back as they were, for all 65,536 patterns', () => {
    const back = float32sToFloat16s(float16sToFloat32s(all));
    let wrong = 0;
    for (let bits = 0; bits < 65536; bits++)
      if (isNaN16(bits) ? !isNaN16(back[bits] as number) : back[bits] !== bits) wrong++;
    expect(wrong).toBe(0);
  });

  it('narrow like the conversion by arithmetic, for 200,000 patterns', () => {
    const values = patterns();
    const narrow = float32sToFloat16s(values);
    let wrong = 0;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      if (
        Number.isNaN(value) ? !isNaN16(narrow[i] as number) : narrow[i] !== numberToFloat16(value)
      )
        wrong++;
    }
    expect(wrong).toBe(0);
  });

  it('round to nearest, ties to even, at the edges', () => {
    const cases: [number, number][] = [
      [65504, 0x7bff],
      [65519.996, 0x7bff],
      [65520, 0x7c00],
      [1e38, 0x7c00],
      [-Infinity, 0xfc00],
      [2 ** -24, 0x0001],
      [2 ** -25, 0x0000],
      [2 ** -25 * 1.0001, 0x0001],
      [3 * 2 ** -25, 0x0002],
      [2 ** -14 - 2 ** -25, 0x0400],
      [1 + 2 ** -11, 0x3c00],
      [1 + 3 * 2 ** -11, 0x3c02],
      [-0, 0x8000],
      [1e-45, 0],
    ];
    for (const [value, bits] of cases)
      expect(float32sToFloat16s(Float32Array.of(value))[0]).toBe(bits);
  });
});

describe('bfloat16 arrays', () => {
  it('are the upper halves of floats', () => {
    const values = bfloat16sToFloat32s(all);
    const upper = new Uint16Array(values.buffer).filter((_, i) => i % 2 === 1);
    expect(upper).toEqual(all);
  });

  it('take the nearer neighbour, the even one of two', () => {
    const values = patterns().filter(Number.isFinite);
    const narrow = float32sToBfloat16s(values);
    // Infinity rounds as if it were the number after the largest.
    const reach = (value: number): number =>
      Math.abs(value) === Infinity ? Math.sign(value) * 2 ** 128 : value;
    const rounded = bfloat16sToFloat32s(narrow);
    let wrong = 0;
    for (let i = 0; i < values.length; i++) {
      const bits = narrow[i] as number;
      const [below, above] = bfloat16sToFloat32s(Uint16Array.of(bits - 1, bits + 1));
      const error = Math.abs((values[i] as number) - reach(rounded[i] as number));
      for (const other of [below, above]) {
        const gap = Math.abs((values[i] as number) - reach(other as number));
        if (gap < error || (gap === error && (bits & 1) === 1)) wrong++;
      }
    }
    expect(wrong).toBe(0);
    expect(float32sToBfloat16s(Float32Array.of(Number.NaN))[0]).toBe(0x7fc0);
    expect(float32sToBfloat16s(Float32Array.of(3.4e38))[0]).toBe(0x7f80);
  });
});
