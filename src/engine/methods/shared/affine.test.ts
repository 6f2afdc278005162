import { describe, expect, test } from 'vitest';
import {
  asymmetricAffine,
  int8Grid,
  nonNegativeAffine,
  quantizeOne,
  raisedAffine,
  roundHalfEven,
  smallestScale,
  symmetricAffine,
  uint8Grid,
} from './affine.ts';

test('halves round to the even neighbour', () => {
  expect([0.5, 1.5, 2.5, -0.5, -1.5, 2.4999, 127.5].map(roundHalfEven)).toEqual([
    0, 2, 2, 0, -2, 2, 128,
  ]);
});

describe('asymmetric', () => {
  test('the ends of the range become the ends of the grid, and 0 is exact', () => {
    const affine = asymmetricAffine(-1, 3, uint8Grid);
    expect(affine.scale).toBe(Math.fround(4 / 255));
    expect(affine.zeroPoint).toBe(64);
    expect(quantizeOne(0, affine, uint8Grid)).toBe(affine.zeroPoint);
    expect(quantizeOne(3, affine, uint8Grid)).toBe(255);
    expect(quantizeOne(-9, affine, uint8Grid)).toBe(0);
  });

  test('a range that does not contain 0 is widened to it', () => {
    expect(asymmetricAffine(2, 5.1, uint8Grid).zeroPoint).toBe(0);
    expect(asymmetricAffine(-5, -2, int8Grid).zeroPoint).toBe(127);
  });

  test.each([
    [0, 0],
    [0, 1e-45],
    [-1e-38, 1e-38],
  ])('the scale of [%d, %d] is neither 0 nor denormal', (low, high) => {
    const { scale } = asymmetricAffine(low, high, uint8Grid);
    expect(scale).toBeGreaterThanOrEqual(smallestScale);
    expect(Math.fround(scale * scale)).toBeGreaterThan(1.17e-38);
  });
});

test('symmetric grids are centred on 0', () => {
  expect(symmetricAffine(12.7, int8Grid)).toEqual({ scale: Math.fround(0.1), zeroPoint: 0 });
  expect(symmetricAffine(12.7, uint8Grid).zeroPoint).toBe(128);
});

describe('behind a clamp', () => {
  test('the largest number of the grid never passes the ceiling in float32', () => {
    let above = 0;
    for (let i = 1; i <= 2000; i++) {
      const ceiling = Math.fround(i * 0.0137);
      const { scale, zeroPoint } = nonNegativeAffine(ceiling * 2, ceiling, uint8Grid);
      if (Math.fround(scale * 255) > ceiling || zeroPoint !== 0) above++;
      expect(scale * 255).toBeGreaterThan(ceiling * 0.999999);
    }
    expect(above).toBe(0);
  });

  test('a value that was never positive still gets a grid below the ceiling', () => {
    const { scale } = nonNegativeAffine(0, 6, uint8Grid);
    expect(Math.fround(scale * 255)).toBeLessThanOrEqual(6);
    expect(nonNegativeAffine(0, undefined, int8Grid)).toEqual({ scale: 1, zeroPoint: -128 });
  });

  test('a clamp that has to stay leaves one step below 0', () => {
    const affine = raisedAffine(254, uint8Grid);
    expect(affine).toEqual({ scale: 1, zeroPoint: 1 });
    expect(quantizeOne(254, affine, uint8Grid)).toBe(255);
  });
});
