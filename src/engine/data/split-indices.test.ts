import { describe, expect, it } from 'vitest';
import { createRng } from '../core/index.ts';
import { splitDataset, splitIndices } from './split-indices.ts';

const request = { seed: 5, measure: 200, calibration: 100, train: 300 };
const labels = Int32Array.from({ length: 1000 }, (_, i) => (i < 500 ? 0 : i < 800 ? 1 : 2));

describe('splitIndices', () => {
  it('is disjoint, seeded, and in bounds', () => {
    for (const given of [labels, undefined]) {
      const split = splitIndices(1000, given, request);
      const all = [...split.measure, ...split.calibration, ...split.train];
      expect([split.measure.length, split.calibration.length, split.train.length]).toEqual([
        200, 100, 300,
      ]);
      expect(new Set(all).size).toBe(600);
      expect(Math.max(...all)).toBeLessThan(1000);
      expect(splitIndices(1000, given, request)).toEqual(split);
      expect(splitIndices(1000, given, { ...request, seed: 6 }).measure).not.toEqual(split.measure);
    }
  });

  it('keeps each class its share in every part', () => {
    const split = splitIndices(1000, labels, request);
    for (const part of [split.measure, split.calibration, split.train]) {
      const share = (label: number): number =>
        part.filter((index) => labels[index] === label).length / part.length;
      expect(Math.abs(share(0) - 0.5)).toBeLessThan(0.02);
      expect(Math.abs(share(1) - 0.3)).toBeLessThan(0.02);
      expect(Math.abs(share(2) - 0.2)).toBeLessThan(0.02);
    }
  });

  it('mixes the classes: no part begins with one class only', () => {
    const head = splitIndices(1000, labels, request).measure.slice(0, 10);
    expect(new Set(head.map((index) => labels[index] as number)).size).toBe(3);
  });

  it('never measures what calibrates, however few samples there are', () => {
    const rng = createRng(1);
    for (let i = 0; i < 300; i++) {
      const count = rng.integer(40);
      const asked = {
        seed: i,
        measure: rng.integer(50),
        calibration: rng.integer(50),
        train: rng.integer(50),
      };
      const split = splitIndices(count, undefined, asked);
      const all = [...split.measure, ...split.calibration, ...split.train];
      expect(new Set(all).size).toBe(all.length);
      expect(split.measure.length).toBeLessThanOrEqual(asked.measure);
      if (count > 1 && asked.measure > 0) expect(split.measure.length).toBeGreaterThan(0);
      if (count > 1 && asked.calibration > 0) expect(split.calibration.length).toBeGreaterThan(0);
    }
  });
});

describe('splitDataset', () => {
  it('measures on the source’s own test part, and on nothing else', () => {
    const split = splitDataset(
      { count: 1000, labels, testFrom: 700 },
      { ...request, measure: 1000 },
    );
    expect(split.measure.length).toBe(300);
    expect(Math.min(...split.measure)).toBe(700);
    expect(Math.max(...split.calibration, ...split.train)).toBeLessThan(700);
  });

  it('splits a source without one', () => {
    expect(splitDataset({ count: 1000, labels }, request)).toEqual(
      splitIndices(1000, labels, request),
    );
  });
});
