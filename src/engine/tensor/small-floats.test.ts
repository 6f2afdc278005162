import { describe, expect, it } from 'vitest';
import { smallFloatTable, type SmallFloatType } from './small-floats.ts';

/** From the tables of the formats' papers: bits, largest, smallest normal, smallest above zero, infinities, NaN codes, negative zero. */
interface Facts {
  readonly codes: number;
  readonly largest: number;
  readonly tiniest: number;
  readonly one: number;
  readonly infinities: number;
  readonly nans: readonly number[];
  readonly negativeZero: boolean;
}

const facts: Readonly<Record<Exclude<SmallFloatType, 'float8e8m0'>, Facts>> = {
  float8e4m3fn: {
    codes: 256,
    largest: 448,
    tiniest: 2 ** -9,
    one: 0x38,
    infinities: 0,
    nans: [0x7f, 0xff],
    negativeZero: true,
  },
  float8e4m3fnuz: {
    codes: 256,
    largest: 240,
    tiniest: 2 ** -10,
    one: 0x40,
    infinities: 0,
    nans: [0x80],
    negativeZero: false,
  },
  float8e5m2: {
    codes: 256,
    largest: 57344,
    tiniest: 2 ** -16,
    one: 0x3c,
    infinities: 2,
    nans: [0x7d, 0x7e, 0x7f, 0xfd, 0xfe, 0xff],
    negativeZero: true,
  },
  float8e5m2fnuz: {
    codes: 256,
    largest: 57344,
    tiniest: 2 ** -17,
    one: 0x40,
    infinities: 0,
    nans: [0x80],
    negativeZero: false,
  },
  float4e2m1: {
    codes: 16,
    largest: 6,
    tiniest: 0.5,
    one: 2,
    infinities: 0,
    nans: [],
    negativeZero: true,
  },
  float6e2m3: {
    codes: 64,
    largest: 7.5,
    tiniest: 0.125,
    one: 8,
    infinities: 0,
    nans: [],
    negativeZero: true,
  },
  float6e3m2: {
    codes: 64,
    largest: 28,
    tiniest: 0.0625,
    one: 12,
    infinities: 0,
    nans: [],
    negativeZero: true,
  },
};

describe('floats of few bits', () => {
  it.each(Object.entries(facts))('%s', (dtype, expected) => {
    const table = smallFloatTable(dtype as SmallFloatType);
    const finite = Array.from(table).filter(Number.isFinite);
    expect(table).toHaveLength(expected.codes);
    expect(Math.max(...finite)).toBe(expected.largest);
    expect(Math.min(...finite)).toBe(-expected.largest);
    expect(Math.min(...finite.filter((value) => value > 0))).toBe(expected.tiniest);
    expect(table[expected.one]).toBe(1);
    expect(Array.from(table.keys()).filter((code) => Number.isNaN(table[code]))).toEqual(
      expected.nans,
    );
    expect(table.length - finite.length - expected.nans.length).toBe(expected.infinities);
    expect(Object.is(table[expected.codes / 2], -0)).toBe(expected.negativeZero);
    // Positive codes rise, and the negative half mirrors them.
    const half = expected.codes / 2;
    for (let code = 1; code < half; code++) {
      if (Number.isNaN(table[code])) continue;
      expect(table[code]).toBeGreaterThan(table[code - 1] as number);
      expect(table[code + half]).toBe(-(table[code] as number));
    }
  });

  it('float4e2m1 in full', () => {
    expect(Array.from(smallFloatTable('float4e2m1').subarray(0, 8))).toEqual([
      0, 0.5, 1, 1.5, 2, 3, 4, 6,
    ]);
  });

  it('float8e8m0 is a power of two', () => {
    const table = smallFloatTable('float8e8m0');
    expect([table[0], table[127], table[128], table[254]]).toEqual([2 ** -127, 1, 2, 2 ** 127]);
    expect(table[255]).toBeNaN();
  });
});
