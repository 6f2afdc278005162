import { describe, expect, it } from 'vitest';
import { createRng } from '../../core/index.ts';
import { betaSample } from './beta-sample.ts';

describe('betaSample', () => {
  // Var Beta(α, α) = 1 / (4 (2α + 1))
  it.each([0.2, 0.4, 1, 3])('has the mean and variance of Beta(%f, %f)', (alpha) => {
    const rng = createRng(4);
    const draws = Array.from({ length: 20_000 }, () => betaSample(alpha, rng));
    const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
    const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length;
    expect(mean).toBeCloseTo(0.5, 1.7);
    expect(variance).toBeCloseTo(1 / (4 * (2 * alpha + 1)), 2);
    expect(draws.every((x) => x >= 0 && x <= 1)).toBe(true);
  });
});
