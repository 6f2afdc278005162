import { describe, expect, it } from 'vitest';
import { createRng } from '../core/index.ts';
import { float16ToNumber, numberToFloat16 } from './float16.ts';
import { bfloat16sToFloat32s, float16sToFloat32s, float32BitsToFloat16 } from './half-floats.ts';

const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
const narrowed = (values: Float32Array): Uint16Array =>
  Uint16Array.from(new Uint32Array(values.buffer), float32BitsToFloat16);
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
    const back = narrowed(float16sToFloat32s(all));
    let wrong = 0;
    for (let bits = 0; bits < 65536; bits++)
      if (isNaN16(bits) ? !isNaN16(back[bits] as number) : back[bits] !== bits) wrong++;
    expect(wrong).toBe(0);
  });

  it('narrow like the conversion by arithmetic, for 200,000 patterns', () => {
    const values = patterns();
    const narrow = narrowed(values);
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
    for (const [value, bits] of cases) expect(narrowed(Float32Array.of(value))[0]).toBe(bits);
  });
});

describe('bfloat16 arrays', () => {
  it('are the upper halves of floats', () => {
    const values = bfloat16sToFloat32s(all);
    const upper = new Uint16Array(values.buffer).filter((_, i) => i % 2 === 1);
    expect(upper).toEqual(all);
  });
});
