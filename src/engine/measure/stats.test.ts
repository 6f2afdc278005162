import { describe, expect, it } from 'vitest';
import { createRng } from '../core/index.ts';
import { mcNemar, median, medianInterval, medianIntervalRank, quantile, wilson } from './stats.ts';

describe('quantile', () => {
  it('is type 7 of Hyndman and Fan, as in R and NumPy', () => {
    // numpy.quantile([3, 1, 4, 1, 5, 9, 2, 6], [.05, .25, .5, .75, .95])
    const values = [3, 1, 4, 1, 5, 9, 2, 6];
    const expected = [1, 1.75, 3.5, 5.25, 7.95];
    [0.05, 0.25, 0.5, 0.75, 0.95].forEach((share, i) =>
      expect(quantile(values, share)).toBeCloseTo(expected[i] as number, 12),
    );
    expect(median([2, 1, 3])).toBe(2);
    expect(median([])).toBeNaN();
  });
});

describe('wilson', () => {
  it('gives the values of Newcombe (1998), table I, method 3', () => {
    const published: [number, number, number, number][] = [
      [81, 263, 0.2553, 0.3662],
      [15, 148, 0.0624, 0.1605],
      [0, 20, 0, 0.1611],
      [1, 29, 0.0061, 0.1718],
    ];
    for (const [successes, samples, low, high] of published) {
      const interval = wilson(successes, samples);
      expect(interval.low).toBeCloseTo(low, 4);
      expect(interval.high).toBeCloseTo(high, 4);
    }
    expect(wilson(20, 20).high).toBe(1);
    expect(wilson(0, 0)).toEqual({ low: 0, high: 1 });
  });
});

describe('medianInterval', () => {
  it('takes the ranks of the sign test', () => {
    // Published ranks of the 95 % interval, counted from 1 (Conover, Practical Nonparametric Statistics, table A3 for p = ½).
    const ranks: [number, number][] = [
      [6, 1],
      [10, 2],
      [20, 6],
      [30, 10],
      [50, 18],
      [100, 40],
    ];
    for (const [n, rank] of ranks) expect(medianIntervalRank(n) + 1).toBe(rank);
    expect(medianInterval(Array.from({ length: 30 }, (_, i) => i + 1))).toEqual({
      low: 10,
      high: 21,
    });
    expect(medianIntervalRank(2000)).toBeLessThanOrEqual(957);
    expect(medianIntervalRank(2000)).toBeGreaterThanOrEqual(954);
  });

  it('is the whole range for fewer than six values', () => {
    expect(medianInterval([5, 1, 3, 2])).toEqual({ low: 1, high: 5 });
    expect(medianInterval([]).low).toBeNaN();
  });

  it('covers the true median in about 95 % of seeded samples', () => {
    const rng = createRng(4);
    let covered = 0;
    for (let repeat = 0; repeat < 2000; repeat++) {
      const { low, high } = medianInterval(
        Float64Array.from({ length: 31 }, () => Math.exp(rng.normal())),
      );
      if (low <= 1 && high >= 1) covered++;
    }
    expect(covered / 2000).toBeGreaterThan(0.94);
    expect(covered / 2000).toBeLessThan(0.99);
  });
});

describe('mcNemar', () => {
  it('is the exact two-sided binomial test', () => {
    // scipy.stats.binomtest(k, n).pvalue
    expect(mcNemar(5, 15)).toBeCloseTo(0.04138946533203, 10);
    expect(mcNemar(15, 5)).toBeCloseTo(0.04138946533203, 10);
    expect(mcNemar(0, 5)).toBeCloseTo(0.0625, 12);
    expect(mcNemar(7, 7)).toBe(1);
    expect(mcNemar(0, 0)).toBe(1);
    expect(mcNemar(400, 600)).toBeCloseTo(2.7e-10, 11);
  });
});
