import { array, assert, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { paretoFront, type Tradeable } from './pareto-front.ts';

const at = (cost: number, quality: number): Tradeable => ({ cost, quality });
const beats = (a: Tradeable, b: Tradeable): boolean =>
  a.cost <= b.cost && a.quality >= b.quality && (a.cost < b.cost || a.quality > b.quality);

describe('paretoFront', () => {
  it('keeps what nothing beats, cheapest first', () => {
    const points = [at(4, 0.92), at(2, 0.91), at(3, 0.9), at(1, 0.7), at(5, 0.92)];
    expect(paretoFront(points)).toEqual([at(1, 0.7), at(2, 0.91), at(4, 0.92)]);
  });

  it('keeps the better of two that cost the same, the cheaper of two that are equally good', () => {
    expect(paretoFront([at(1, 0.5), at(1, 0.6)])).toEqual([at(1, 0.6)]);
    expect(paretoFront([at(2, 0.5), at(1, 0.5)])).toEqual([at(1, 0.5)]);
  });

  it('keeps the first of equals', () => {
    const first = { ...at(1, 1), name: 'first' };
    const second = { ...at(1, 1), name: 'second' };
    expect(paretoFront([first, second])).toEqual([first]);
  });

  it('is empty for nothing and leaves out what is not a number', () => {
    expect(paretoFront([])).toEqual([]);
    expect(paretoFront([at(Number.NaN, 1), at(1, Number.NaN)])).toEqual([]);
  });

  it('is exactly the set of unbeaten places, whatever the points', () => {
    const coordinate = integer({ min: 0, max: 8 });
    const cloud = array(record({ cost: coordinate, quality: coordinate }), { maxLength: 40 });
    assert(
      property(cloud, (points) => {
        const front = paretoFront(points);
        const unbeaten = points.filter((point) => !points.some((other) => beats(other, point)));
        const places = new Set(unbeaten.map(({ cost, quality }) => `${cost},${quality}`));
        expect(front.map(({ cost, quality }) => `${cost},${quality}`).toSorted()).toEqual(
          [...places].toSorted(),
        );
        expect(front).toEqual(front.toSorted((a, b) => a.cost - b.cost));
      }),
      { numRuns: 200 },
    );
  });
});
