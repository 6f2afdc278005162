import { describe, expect, it } from 'vitest';
import { createRng } from '../core/index.ts';
import type { PredictionSet } from './predict.ts';
import { perplexityChange, perplexityOf, windowLoss } from './perplexity.ts';

const set = (sums: readonly number[], counts: readonly number[]): PredictionSet => ({
  indices: Uint32Array.from(sums, (_, i) => i),
  labels: undefined,
  classes: 0,
  kept: 0,
  topClasses: new Int32Array(),
  topScores: new Float32Array(),
  tokenLoss: { sums: Float64Array.from(sums), counts: Float64Array.from(counts) },
  outputs: { samples: 0, classes: 0, rows: [] },
});

describe('windowLoss', () => {
  it('is what the probabilities say, in double precision', () => {
    const rng = createRng(3);
    const [length, vocabulary] = [6, 11];
    const scores = Float32Array.from({ length: length * vocabulary }, () => 30 * rng.normal());
    const targets = Int32Array.of(3, 0, -1, 10, 7, -1);
    let expected = 0;
    targets.forEach((target, at) => {
      if (target < 0) return;
      const row = Array.from(scores.subarray(at * vocabulary, (at + 1) * vocabulary));
      // By the largest score apart, so that no power overflows.
      const top = Math.max(...row);
      const total = row.map((z) => Math.exp(z - top)).reduce((a, b) => a + b);
      expected -= Math.log(Math.exp((row[target] as number) - top) / total);
    });
    const loss = windowLoss(scores, targets);
    expect(loss.count).toBe(4);
    expect(loss.sum).toBeCloseTo(expected, 9);
  });

  it('of scores that say nothing is the logarithm of the vocabulary', () => {
    const loss = windowLoss(new Float32Array(2 * 50), Int32Array.of(1, 2));
    expect(loss.sum / loss.count).toBeCloseTo(Math.log(50), 12);
  });
});

describe('perplexityOf', () => {
  it('is exp of the mean loss per token, whatever the windows are', () => {
    const measured = perplexityOf(set([10, 20, 3], [4, 10, 1]));
    expect(measured?.metric).toBe('perplexity');
    expect(measured?.value).toBeCloseTo(Math.exp(33 / 15), 12);
    expect(measured?.samples).toBe(15);
  });

  it('has an interval that covers the truth about as often as it claims', () => {
    const rng = createRng(17);
    const truth = 2;
    const [trials, windows, tokens] = [400, 60, 20];
    let covered = 0;
    for (let trial = 0; trial < trials; trial++) {
      const sums = Array.from({ length: windows }, () => {
        // Tokens of a window share a part of their loss.
        const shared = 0.3 * rng.normal();
        return tokens * (truth + shared) + Math.sqrt(tokens) * rng.normal();
      });
      const measured = perplexityOf(
        set(
          sums,
          sums.map(() => tokens),
        ),
      );
      if (
        measured !== undefined &&
        measured.low <= Math.exp(truth) &&
        Math.exp(truth) <= measured.high
      )
        covered++;
    }
    // Binomial(400, 0.95): four standard deviations are 17.
    expect(covered).toBeGreaterThan(363);
    expect(covered).toBeLessThan(397);
  });

  it('is undefined where no token was told', () => {
    expect(perplexityOf(set([0], [0]))).toBeUndefined();
    const { tokenLoss: _, ...without } = set([1], [1]);
    expect(perplexityOf(without)).toBeUndefined();
  });
});

describe('perplexityChange', () => {
  const rng = createRng(29);
  const windows = Array.from({ length: 80 }, () => 10 + 50 * rng.next());
  const counts = windows.map((_, i) => 10 + (i % 3));

  it('is the ratio of the two perplexities', () => {
    const before = set(windows, counts);
    const after = set(
      windows.map((loss) => loss + 1 + rng.next()),
      counts,
    );
    const ratio = (perplexityOf(after)?.value ?? 0) / (perplexityOf(before)?.value ?? 1);
    expect(perplexityChange(before, after)?.ratio).toBeCloseTo(ratio, 10);
  });

  it('is far surer than the two intervals where what is hard is hard for both', () => {
    const before = set(windows, counts);
    const change = perplexityChange(
      before,
      set(
        windows.map((loss, i) => loss + 0.02 * (counts[i] ?? 0) + 0.05 * rng.normal()),
        counts,
      ),
    );
    const alone = perplexityOf(before);
    const width = Math.log((change?.high ?? 9) / (change?.low ?? 1));
    expect(width).toBeLessThan(0.1 * Math.log((alone?.high ?? 1) / (alone?.low ?? 1)));
    expect(change?.low).toBeGreaterThan(1);
    expect(change?.low).toBeLessThan(Math.exp(0.02));
    expect(change?.high).toBeGreaterThan(Math.exp(0.02));
  });

  it('says nothing about other windows', () => {
    const before = set([10, 20], [3, 4]);
    expect(perplexityChange(before, set([10, 20], [3, 5]))).toBeUndefined();
    expect(perplexityChange(before, set([10], [3]))).toBeUndefined();
    const other = { ...set([10, 20], [3, 4]), indices: Uint32Array.of(1, 2) };
    expect(perplexityChange(before, other)).toBeUndefined();
  });
});
