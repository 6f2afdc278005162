import { describe, expect, it } from 'vitest';
import { float16ToNumber, numberToFloat16 } from './float16.ts';

describe('float16', () => {
  it('stands for the numbers of IEEE 754', () => {
    const known: [number, number][] = [
      [0x3c00, 1],
      [0xc000, -2],
      [0x7bff, 65504],
      [0x0001, 2 ** -24],
      [0x03ff, 1023 * 2 ** -24],
      [0x0400, 2 ** -14],
      [0x3555, 0.333251953125],
      [0x7c00, Infinity],
      [0xfc00, -Infinity],
    ];
    for (const [bits, value] of known) {
      expect(float16ToNumber(bits)).toBe(value);
      expect(numberToFloat16(value)).toBe(bits);
    }
    expect(Object.is(float16ToNumber(0x8000), -0)).toBe(true);
    expect(numberToFloat16(-0)).toBe(0x8000);
    expect(float16ToNumber(0x7e00)).toBeNaN();
    expect(numberToFloat16(NaN) & 0x7fff).toBe(0x7e00);
  });

  it('comes back as the same bits for every one of the 65,536 patterns', () => {
    let wrong = 0;
    for (let bits = 0; bits < 65536; bits++) {
      const value = float16ToNumber(bits);
      if (
        Number.isNaN(value)
          ? (numberToFloat16(value) & 0x7c00) !== 0x7c00
          : numberToFloat16(value) !== bits
      )
        wrong++;
    }
    expect(wrong).toBe(0);
  });

  it('rounds to nearest, ties to even, between all neighbours', () => {
    let wrong = 0;
    for (let bits = 0; bits < 0x7bff; bits++) {
      const low = float16ToNumber(bits);
      const high = float16ToNumber(bits + 1);
      const middle = (low + high) / 2;
      const step = (high - low) / 8;
      if (numberToFloat16(middle) !== (bits % 2 === 0 ? bits : bits + 1)) wrong++;
      if (numberToFloat16(middle - step) !== bits || numberToFloat16(middle + step) !== bits + 1)
        wrong++;
    }
    expect(wrong).toBe(0);
    expect(numberToFloat16(65519.99)).toBe(0x7bff);
    expect(numberToFloat16(65520)).toBe(0x7c00);
  });
});
