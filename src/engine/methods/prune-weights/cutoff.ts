import type { Task } from '../../core/index.ts';
import type { WeightStatistics } from '../method.ts';
import { magnitudeReader } from '../shared/magnitude-bits.ts';
import type { WeightTarget } from '../shared/weight-targets.ts';

/**
 * Exact selection of the k smallest magnitudes by two radix digits of 16 bits: the histogram of the upper digit (kept in the
 * statistics) says in which of 32,768 bins the k-th lies; one pass over that bin alone finds the lower digit. Linear, no
 * sorting, no floating-point threshold that could tie.
 */
export interface Bin {
  /** Upper 16 bits of the pattern of the k-th smallest magnitude. */
  readonly upper: number;
  /** Weights in lower bins: all go. */
  readonly below: number;
}

export function binOf(
  targets: readonly WeightTarget[],
  k: number,
  statistics: WeightStatistics,
): Bin {
  const totals = new Float64Array(32768);
  for (const { value } of targets) {
    const histogram = statistics.magnitudeHistogram(value);
    for (let i = 0; i < totals.length; i++)
      totals[i] = (totals[i] as number) + (histogram[i] as number);
  }
  let below = 0;
  for (let upper = 0; upper < totals.length; upper++) {
    const here = totals[upper] as number;
    if (below + here >= k) return { upper, below };
    below += here;
  }
  throw new RangeError(`${k} of ${below} weights cannot be pruned`);
}

/** Magnitude at the lower edge of a bin: to be drawn into a histogram. */
export function binEdge(upper: number): number {
  return new Float32Array(new Uint32Array([upper * 65536]).buffer)[0] as number;
}

export interface Cutoff {
  /** Every magnitude pattern below this goes. */
  readonly pattern: number;
  /** So many equal to it go as well: the first in the order of targets and elements. */
  readonly ties: number;
}

/** One pass over all targets, breathing between them: 25 M weights would block for too long at once. */
export async function cutoffIn(
  bin: Bin,
  targets: readonly WeightTarget[],
  k: number,
  task: Task,
): Promise<Cutoff> {
  const lower = new Float64Array(65536);
  for (const { tensor, count } of targets) {
    const magnitude = magnitudeReader(tensor);
    for (let i = 0; i < count; i++) {
      const pattern = magnitude(i);
      if (pattern >>> 16 === bin.upper) {
        const digit = pattern & 0xffff;
        lower[digit] = (lower[digit] as number) + 1;
      }
    }
    await task.breathe();
  }
  let left = k - bin.below;
  for (let digit = 0; digit < lower.length; digit++) {
    const here = lower[digit] as number;
    if (left <= here) return { pattern: bin.upper * 65536 + digit, ties: left };
    left -= here;
  }
  throw new RangeError('the histogram and the weights disagree');
}
