import { describe, expect, it } from 'vitest';
import { createRng } from '../../core/index.ts';
import { splitSamples } from './split-samples.ts';

const split = (count: number, labels: number[] | undefined, share: number, seed = 1) =>
  splitSamples(count, labels && Int32Array.from(labels), share, createRng(seed));

describe('splitSamples', () => {
  it('puts every sample into one part, in order', () => {
    const { train, validation } = split(50, undefined, 0.2);
    expect(validation).toHaveLength(10);
    expect([...train, ...validation].toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 50 }, (_, i) => i),
    );
    expect([...train]).toEqual([...train].toSorted((a, b) => a - b));
  });

  it('takes every class in its share', () => {
    const labels = Array.from({ length: 100 }, (_, i) => (i < 70 ? 0 : i < 90 ? 1 : 2));
    const { validation } = split(100, labels, 0.3);
    const counts = [0, 1, 2].map(
      (label) => [...validation].filter((i) => labels[i] === label).length,
    );
    expect(counts).toEqual([21, 6, 3]);
  });

  it('is a matter of the seed', () => {
    expect(split(50, undefined, 0.2)).toEqual(split(50, undefined, 0.2));
    expect(split(50, undefined, 0.2, 2)).not.toEqual(split(50, undefined, 0.2));
  });

  it('leaves something on both sides, or nothing for validation when none is wanted', () => {
    expect(split(3, undefined, 0.01).validation).toHaveLength(1);
    expect(split(2, undefined, 0.5).train).toHaveLength(1);
    expect(split(1, undefined, 0.5).train).toHaveLength(1);
    expect(split(9, undefined, 0).validation).toHaveLength(0);
  });
});
