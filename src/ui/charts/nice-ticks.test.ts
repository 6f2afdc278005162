import { describe, expect, it } from 'vitest';
import { niceTicks, roomyDomain } from './nice-ticks.ts';

describe('niceTicks', () => {
  it('stands at round numbers inside the range', () => {
    expect(niceTicks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(niceTicks(0.837, 0.934, 4)).toEqual([0.85, 0.875, 0.9, 0.925]);
    expect(niceTicks(0, 812_000, 4)).toEqual([0, 200_000, 400_000, 600_000, 800_000]);
    expect(niceTicks(-3, 3, 6)).toEqual([-3, -2, -1, 0, 1, 2, 3]);
  });

  it('does not drift', () => {
    expect(niceTicks(0.1, 0.7, 6)).toEqual([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]);
  });

  it('has one tick where there is no range', () => {
    expect(niceTicks(4, 4, 5)).toEqual([4]);
    expect(niceTicks(0, Number.NaN, 5)).toEqual([0]);
  });
});

describe('roomyDomain', () => {
  it('begins at zero when the values reach down far enough', () => {
    expect(roomyDomain([1, 10])[0]).toBe(0);
    expect(roomyDomain([0.9, 0.92])[0]).toBeGreaterThan(0.8);
  });

  it('stays inside what is possible', () => {
    const [low, high] = roomyDomain([0.95, 1], { floor: 0, ceiling: 1 });
    expect(high).toBe(1);
    expect(low).toBeCloseTo(0.947, 10);
  });

  it('holds a single value and none', () => {
    expect(roomyDomain([5])).toEqual([0, 5.06]);
    expect(roomyDomain([0.5], { ceiling: 1 })[0]).toBeCloseTo(0.494, 10);
    expect(roomyDomain([])).toEqual([0, 1]);
  });
});
