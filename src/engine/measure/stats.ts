/** The statistics behind the numbers shown: small, exact where they can be, and each against published values in the test. */

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export const sorted = (values: ArrayLike<number>): Float64Array =>
  Float64Array.from(values).toSorted();

/** Sample quantile, linear between order statistics (Hyndman & Fan type 7, as NumPy and R). NaN for no values. */
export function quantile(values: ArrayLike<number>, share: number): number {
  return quantileOfSorted(sorted(values), share);
}

export function quantileOfSorted(ascending: Float64Array, share: number): number {
  if (ascending.length === 0) return NaN;
  const at = (ascending.length - 1) * share;
  const low = Math.floor(at);
  const from = ascending[low] as number;
  const to = ascending[Math.min(low + 1, ascending.length - 1)] as number;
  return from + (to - from) * (at - low);
}

export const median = (values: ArrayLike<number>): number => quantile(values, 0.5);

/** 97.5 % point of the standard normal distribution. */
const z95 = 1.959963984540054;

/** 95 % interval of a proportion (Wilson 1927): never leaves [0, 1], sound for small counts. [0, 1] for no samples. */
export function wilson(successes: number, samples: number): Interval {
  if (samples === 0) return { low: 0, high: 1 };
  const share = successes / samples;
  const z2 = z95 * z95;
  const centre = (share + z2 / (2 * samples)) / (1 + z2 / samples);
  const half =
    (z95 / (1 + z2 / samples)) *
    Math.sqrt((share * (1 - share)) / samples + z2 / (4 * samples * samples));
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

/**
 * Distribution-free 95 % interval of the median: between the order statistics that the sign test cannot reject. Covers at least
 * 95 % for 6 values and more; with fewer it is the whole range, which covers less.
 */
export function medianInterval(values: ArrayLike<number>): Interval {
  const ascending = sorted(values);
  const n = ascending.length;
  if (n === 0) return { low: NaN, high: NaN };
  const k = medianIntervalRank(n);
  return { low: ascending[k] as number, high: ascending[n - 1 - k] as number };
}

/**
 * How many values lie outside the interval on each side: the largest k with 2 · P(Binomial(n, ½) ≤ k) ≤ 0.05, since the median
 * lies below the (k+1)-th smallest value exactly when at most k values fall below it. 0 when there is none.
 */
export function medianIntervalRank(n: number): number {
  // Beyond 1,000 values the sum underflows; the normal approximation is then right to a rank.
  if (n > 1000) return Math.floor(n / 2 - (z95 * Math.sqrt(n)) / 2 - 0.5);
  let term = 0.5 ** n;
  let atMost = term;
  let k = 0;
  while (2 * (atMost + (term * (n - k)) / (k + 1)) <= 0.05) {
    term = (term * (n - k)) / (k + 1);
    atMost += term;
    k++;
  }
  return k;
}

/**
 * McNemar's exact test on paired outcomes: of the samples on which the two differ, `lost` became wrong and `gained` became right.
 * Returns the two-sided p value of Binomial(lost + gained, ½).
 */
export function mcNemar(lost: number, gained: number): number {
  const n = lost + gained;
  if (n === 0) return 1;
  let tail = 0;
  for (let i = 0; i <= Math.min(lost, gained); i++)
    tail += Math.exp(logChoose(n, i) - n * Math.LN2);
  return Math.min(1, 2 * tail);
}

function logChoose(n: number, k: number): number {
  let sum = 0;
  for (let i = 1; i <= k; i++) sum += Math.log((n - k + i) / i);
  return sum;
}
