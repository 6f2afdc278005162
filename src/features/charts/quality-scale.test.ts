import { describe, expect, it } from 'vitest';
import { wordsIn } from '../../app/languages/words-in.ts';
import { qualityAxis, qualityScale } from './quality-scale.ts';

const words = wordsIn('en');
const { at } = qualityScale('perplexity');
const axis = (values: readonly number[]) =>
  qualityAxis({ quality: 'perplexity', heights: values.map(at), count: 5, words });

describe('the quality axis', () => {
  it('has the lower perplexity above, equal ratios equally far apart, and says so', () => {
    expect(at(100)).toBeGreaterThan(at(200));
    expect(at(100) - at(200)).toBeCloseTo(at(1000) - at(2000), 12);
    expect(axis([200, 300]).label).toBe('Perplexity, lower is better');
  });

  it('has round perplexities as ticks, each where its value lies and written exactly', () => {
    for (const values of [
      [196, 207],
      [190, 420],
      [150, 2300],
      [20, 90_000],
      [1.2, 3.1],
      [2, 4_000_000_000],
    ]) {
      const { ticks, domain } = axis(values);
      expect(ticks.length, values.join(' to ')).toBeGreaterThanOrEqual(3);
      expect(ticks.length).toBeLessThanOrEqual(11);
      for (const tick of ticks) {
        expect(tick.at).toBeGreaterThanOrEqual(domain[0] - 1e-9);
        expect(tick.at).toBeLessThanOrEqual(domain[1] + 1e-9);
      }
      expect(new Set(ticks.map(({ label }) => label)).size).toBe(ticks.length);
    }
    const plain = axis([196, 207]).ticks.map((tick) => [Number(tick.label), Math.exp(-tick.at)]);
    for (const [label, value] of plain) expect(label).toBeCloseTo(value ?? 0, 6);
  });

  it('never goes above certainty', () => {
    expect(axis([1, 1.5]).domain[1]).toBeLessThanOrEqual(0);
  });

  it('leaves shares and decibels as they are', () => {
    expect(qualityScale('accuracy').at(0.9)).toBe(0.9);
    expect(qualityAxis({ quality: 'accuracy', heights: [0.9, 0.99], count: 5, words }).label).toBe(
      'Accuracy, %',
    );
  });
});
