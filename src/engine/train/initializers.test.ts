import { describe, expect, it } from 'vitest';
import { createRng } from '../core/index.ts';
import { tensorBytes, type Tensor } from '../tensor/index.ts';
import { filled, heNormal, xavierUniform } from './initializers.ts';

const values = (tensor: Tensor): Float32Array =>
  new Float32Array(tensorBytes(tensor).slice().buffer);

function moments(tensor: Tensor): { mean: number; variance: number; largest: number } {
  const all = values(tensor);
  const mean = all.reduce((sum, x) => sum + x, 0) / all.length;
  const variance = all.reduce((sum, x) => sum + (x - mean) ** 2, 0) / all.length;
  return { mean, variance, largest: Math.max(...all.map(Math.abs)) };
}

describe('starting weights', () => {
  it('heNormal has variance 2 / fan-in', () => {
    const { mean, variance } = moments(heNormal([64, 16, 3, 3], createRng(1)));
    expect(mean).toBeCloseTo(0, 2);
    expect(variance * ((16 * 9) / 2)).toBeCloseTo(1, 1);
  });

  it('xavierUniform has variance 2 / (fan-in + fan-out) and a hard limit', () => {
    const { mean, variance, largest } = moments(xavierUniform([100, 60], createRng(2)));
    expect(mean).toBeCloseTo(0, 2);
    expect((variance * 160) / 2).toBeCloseTo(1, 1);
    expect(largest).toBeLessThanOrEqual(Math.sqrt(6 / 160));
  });

  it('gives the same numbers for the same seed only', () => {
    const draw = (seed: number) => values(heNormal([4, 4], createRng(seed)));
    expect(draw(3)).toEqual(draw(3));
    expect(draw(3)).not.toEqual(draw(4));
  });

  it('fills', () => {
    expect([...values(filled([2, 2], 0.5))]).toEqual([0.5, 0.5, 0.5, 0.5]);
  });
});
