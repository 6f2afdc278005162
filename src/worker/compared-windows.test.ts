import { describe, expect, it } from 'vitest';
import type { Dataset, PredictionSet } from '../engine/index.ts';
import { comparedWindows } from './compared-windows.ts';

const dataset: Dataset = {
  name: 'sea',
  kind: 'text',
  count: 9,
  classes: undefined,
  labels: undefined,
  sampleDims: undefined,
  sample: (index) =>
    Promise.resolve({
      kind: 'tokens',
      ids: new Int32Array(4),
      text: `window ${index} `.repeat(30),
    }),
};
const set = (sums: readonly number[]): PredictionSet => ({
  indices: Uint32Array.of(5, 6, 7),
  labels: undefined,
  classes: 0,
  kept: 0,
  topClasses: new Int32Array(),
  topScores: new Float32Array(),
  tokenLoss: { sums: Float64Array.from(sums), counts: Float64Array.of(2, 2, 4) },
  outputs: { samples: 0, classes: 0, rows: [] },
});

describe('comparedWindows', () => {
  it('shows first what became hardest to tell, with the perplexity of each window', async () => {
    const [before, after] = [set([2, 4, 4]), set([3, 3, 12])];
    const reply = await comparedWindows({ dataset }, before, after, 0, 2);
    expect(reply).toMatchObject({ total: 3, disagreements: 2 });
    expect(reply?.rows.map(({ index }) => index)).toEqual([7, 5]);
    // Mean losses 4 ÷ 4 and 12 ÷ 4.
    expect(reply?.rows[0]?.perplexity?.before).toBeCloseTo(Math.exp(1), 12);
    expect(reply?.rows[0]?.perplexity?.after).toBeCloseTo(Math.exp(3), 12);
    expect(reply?.rows[0]?.text?.length).toBe(200);
    const rest = await comparedWindows({ dataset }, before, after, 2, 2);
    expect(rest?.rows.map(({ index }) => index)).toEqual([6]);
  });

  it('is none of classifiers', async () => {
    const { tokenLoss: _, ...classifier } = set([1, 1, 1]);
    expect(await comparedWindows({ dataset }, classifier, classifier, 0, 2)).toBeUndefined();
  });
});
