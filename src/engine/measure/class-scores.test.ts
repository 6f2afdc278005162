import { describe, expect, it } from 'vitest';
import { createRng } from '../core/index.ts';
import { probabilities, topClasses } from './class-scores.ts';

describe('topClasses', () => {
  it('agrees with a full sort, ties to the lower index', () => {
    const rng = createRng(5);
    for (let repeat = 0; repeat < 200; repeat++) {
      const scores = Float32Array.from({ length: 1 + rng.integer(30) }, () => rng.integer(8));
      const order = Array.from(scores, (_, i) => i).toSorted(
        (a, b) => (scores[b] as number) - (scores[a] as number) || a - b,
      );
      expect([...topClasses(scores, 5)]).toEqual(order.slice(0, 5));
    }
  });

  it('puts NaN last', () => {
    expect([...topClasses(Float32Array.of(NaN, 1, NaN, 2), 3)]).toEqual([3, 1, 0]);
  });
});

describe('probabilities', () => {
  it('are the softmax of scores, without overflow', () => {
    expect([...probabilities(Float32Array.of(1000, 1000), false)]).toEqual([0.5, 0.5]);
    expect(probabilities(Float32Array.of(0, Math.log(3)), false)[1]).toBeCloseTo(0.75, 6);
  });

  it('are left alone where they are probabilities already', () => {
    expect([...probabilities(Float32Array.of(0.25, 0.75), false)]).toEqual([0.25, 0.75]);
  });

  it('are shares of quantized scores', () => {
    expect([...probabilities(Float32Array.of(-128, -28, -128), true)]).toEqual([0, 1, 0]);
    expect([...probabilities(Float32Array.of(3, 3), true)]).toEqual([0.5, 0.5]);
  });
});
