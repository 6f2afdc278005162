import type { PerplexityMeasurement } from './measurement.ts';
import type { PredictionSet } from './predict.ts';

/**
 * Perplexity of a language model: exp of the mean negative log-likelihood per token, each token told from those before it in its window
 * (Jelinek et al. 1977). Lower is better; a model that knows nothing has the size of the vocabulary.
 *
 * Interval: tokens of one window are not independent, windows nearly are. The mean over all tokens is a ratio of window sums
 * N = Σ nᵢ (loss) and T = Σ tᵢ (tokens); its standard error is √(W/(W−1) · Σ (nᵢ − tᵢ N/T)²) ÷ T (Cochran, Sampling Techniques, §6.4), and
 * exp(mean ± 1.96 se) bounds the perplexity. One window alone gives no interval: `low` and `high` are then the value.
 */
export function perplexityOf(set: PredictionSet): PerplexityMeasurement | undefined {
  const { tokenLoss } = set;
  if (tokenLoss === undefined) return undefined;
  const { sums, counts } = tokenLoss;
  const tokens = counts.reduce((sum, count) => sum + count, 0);
  if (tokens === 0) return undefined;
  const mean = sums.reduce((sum, loss) => sum + loss, 0) / tokens;
  const error = 1.96 * standardError(sums, counts, mean, tokens);
  return {
    metric: 'perplexity',
    value: Math.exp(mean),
    low: Math.exp(mean - error),
    high: Math.exp(mean + error),
    samples: tokens,
  };
}

/**
 * Perplexity of `after` ÷ that of `before` on the same windows: exp of the mean difference of the losses, with the interval of that mean as
 * above (the window sums are differences). undefined where the windows are not the same or nothing was told.
 */
export function perplexityChange(
  before: PredictionSet,
  after: PredictionSet,
): PerplexityMeasurement['change'] {
  const [a, b] = [before.tokenLoss, after.tokenLoss];
  if (a === undefined || b === undefined || !isSame(before.indices, after.indices))
    return undefined;
  const tokens = b.counts.reduce((sum, count) => sum + count, 0);
  if (tokens === 0 || !isSame(a.counts, b.counts)) return undefined;
  const differences = b.sums.map((loss, i) => loss - (a.sums[i] ?? 0));
  const mean = differences.reduce((sum, difference) => sum + difference, 0) / tokens;
  const error = 1.96 * standardError(differences, b.counts, mean, tokens);
  return { ratio: Math.exp(mean), low: Math.exp(mean - error), high: Math.exp(mean + error) };
}

const isSame = (a: ArrayLike<number>, b: ArrayLike<number>): boolean =>
  a.length === b.length && Array.from(a).every((value, i) => value === b[i]);

/** What a set of windows cost: per window the summed loss (nats) and how many tokens were told. */
export interface TokenLoss {
  readonly sums: Float64Array;
  readonly counts: Float64Array;
}

function standardError(
  sums: Float64Array,
  counts: Float64Array,
  mean: number,
  tokens: number,
): number {
  const windows = sums.length;
  if (windows < 2) return 0;
  const squares = sums.reduce((all, loss, i) => all + (loss - (counts[i] ?? 0) * mean) ** 2, 0);
  return Math.sqrt((windows / (windows - 1)) * squares) / tokens;
}

/**
 * The loss of one window: `scores` are `[sequence, vocabulary]` logits, `targets` the token behind each position, −1 for none. Sums
 * −log softmax(scores)[target] in double precision.
 */
export function windowLoss(
  scores: Float32Array,
  targets: Int32Array,
): { readonly sum: number; readonly count: number } {
  const vocabulary = scores.length / Math.max(1, targets.length);
  let sum = 0;
  let count = 0;
  targets.forEach((target, at) => {
    if (target < 0) return;
    const row = scores.subarray(at * vocabulary, (at + 1) * vocabulary);
    sum += logSumExp(row) - (row[target] ?? Number.NaN);
    count++;
  });
  return { sum, count };
}

function logSumExp(row: Float32Array): number {
  let top = -Infinity;
  for (const value of row) if (value > top) top = value;
  let total = 0;
  for (const value of row) total += Math.exp(value - top);
  return top + Math.log(total);
}
