import { describe, expect, it } from 'vitest';
import { averageDecay, cosineSchedule } from './schedule.ts';

describe('cosineSchedule', () => {
  const rate = cosineSchedule({ peak: 0.4, steps: 110, warmup: 10, floor: 0.1 });

  it('rises linearly, peaks, and falls along half a cosine to the floor', () => {
    expect(rate(0)).toBeCloseTo(0.04);
    expect(rate(4)).toBeCloseTo(0.2);
    expect(rate(9)).toBeCloseTo(0.4);
    expect(rate(10)).toBeCloseTo(0.4);
    expect(rate(35)).toBeCloseTo(0.1 + 0.15 * (1 + Math.SQRT1_2));
    expect(rate(60)).toBeCloseTo(0.25);
    expect(rate(110)).toBeCloseTo(0.1);
    expect(rate(500)).toBeCloseTo(0.1);
  });
});

describe('averageDecay', () => {
  it('starts short and settles at the decay', () => {
    const decay = averageDecay(0.99);
    expect(decay(0)).toBeCloseTo(0.1);
    expect(decay(90)).toBeCloseTo(0.91);
    expect(decay(10_000)).toBe(0.99);
  });
});
