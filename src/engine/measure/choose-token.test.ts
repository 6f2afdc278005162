import { describe, expect, it } from 'vitest';
import { createRng } from '../core/index.ts';
import { checkSampling, chooseToken, type Sampling } from './choose-token.ts';

const sampled = (temperature: number, topK = 100): Sampling => ({
  kind: 'sampled',
  temperature,
  topK,
  seed: 0,
});
const draws = 20_000;

/** Shares of each token among many draws. */
function shares(scores: Float32Array, sampling: Sampling): number[] {
  const rng = createRng(11);
  const counts = Array.from(scores, () => 0);
  for (let i = 0; i < draws; i++) {
    const id = chooseToken(scores, sampling, rng);
    counts[id] = (counts[id] ?? 0) + 1;
  }
  return counts.map((count) => count / draws);
}

describe('chooseToken', () => {
  const scores = Float32Array.of(1, 3, 2, -1, 2.5);

  it('takes the highest, of equal ones the first', () => {
    const rng = createRng(1);
    expect(chooseToken(scores, { kind: 'greedy' }, rng)).toBe(1);
    expect(chooseToken(Float32Array.of(0, 4, 4), { kind: 'greedy' }, rng)).toBe(1);
  });

  it.each([0.5, 1, 2])('draws with the probabilities of the softmax at temperature %f', (heat) => {
    const powers = Array.from(scores, (score) => Math.exp(score / heat));
    const total = powers.reduce((a, b) => a + b);
    const seen = shares(scores, sampled(heat));
    // Four standard errors of a share of 20,000.
    powers.forEach((power, id) =>
      expect(Math.abs((seen[id] ?? 0) - power / total)).toBeLessThan(4 * Math.sqrt(0.25 / draws)),
    );
  });

  it('never draws what is not among the likeliest', () => {
    const seen = shares(scores, sampled(2, 2));
    expect(seen.map((share) => share > 0)).toEqual([false, true, false, false, true]);
  });

  it('gives every token the same luck in two models, so that they part only where their scores do', () => {
    const vocabulary = 500;
    const noise = createRng(5);
    const original = Float32Array.from({ length: vocabulary }, () => 2 * noise.normal());
    const near = original.map((score) => score + 0.02 * noise.normal());
    const [a, b, other] = [createRng(3), createRng(3), createRng(4)];
    let together = 0;
    let apart = 0;
    for (let i = 0; i < 200; i++) {
      const chosen = chooseToken(original, sampled(1), a);
      if (chooseToken(near, sampled(1), b) === chosen) together++;
      if (chooseToken(near, sampled(1), other) === chosen) apart++;
    }
    expect(together).toBeGreaterThan(180);
    expect(apart).toBeLessThan(60);
  });

  it('has no chance for what is no number, and refuses where nothing is one', () => {
    const rng = createRng(2);
    for (let i = 0; i < 50; i++)
      expect(chooseToken(Float32Array.of(Number.NaN, 1, Number.NaN), sampled(1), rng)).toBe(1);
    const broken = Float32Array.of(Number.NaN, Number.NaN);
    for (const sampling of [sampled(1), { kind: 'greedy' }] as const)
      expect(() => chooseToken(broken, sampling, rng)).toThrow(/no numbers/);
  });
});

describe('checkSampling', () => {
  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses the temperature %f', (heat) => {
    expect(() => checkSampling(sampled(heat))).toThrow(/temperature/);
  });
  it.each([0, 1.5])('refuses %f candidates', (topK) => {
    expect(() => checkSampling(sampled(1, topK))).toThrow(/candidates/);
  });
});
