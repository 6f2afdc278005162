import type { AccuracyMeasurement } from './measurement.ts';
import type { PredictionSet } from './predict.ts';
import { wilson } from './stats.ts';

/**
 * Share of labelled samples whose class is the model's first choice (`top1`) or among its first five (`top5`), with the 95 % Wilson interval.
 * undefined without labels or class scores, and for `top5` of five classes or fewer, where it says nothing.
 */
export function accuracyOf(
  set: PredictionSet,
  metric: AccuracyMeasurement['metric'],
): AccuracyMeasurement | undefined {
  const samples = set.indices.length;
  if (set.labels === undefined || set.classes < 2 || (metric === 'top5' && set.classes <= 5))
    return undefined;
  const within = metric === 'top1' ? 1 : 5;
  let correct = 0;
  for (let row = 0; row < samples; row++) if (isCorrect(set, row, within)) correct++;
  return { metric, value: correct / samples, ...wilson(correct, samples), samples };
}

/** True when the row's label is among its first `within` classes. */
export function isCorrect(set: PredictionSet, row: number, within = 1): boolean {
  const from = row * set.kept;
  return set.topClasses
    .subarray(from, from + Math.min(within, set.kept))
    .includes(set.labels?.[row] ?? -1);
}

/** Of two predictions of the same samples: those that only the first got right, and those that only the second did. */
export interface Discordant {
  readonly lost: number;
  readonly gained: number;
}

/** undefined without labels or when the rows are not the same samples. */
export function discordant(before: PredictionSet, after: PredictionSet): Discordant | undefined {
  if (before.labels === undefined || after.labels === undefined) return undefined;
  if (
    before.indices.length !== after.indices.length ||
    !before.indices.every((index, row) => index === after.indices[row])
  )
    return undefined;
  let lost = 0;
  let gained = 0;
  for (let row = 0; row < before.indices.length; row++) {
    const was = isCorrect(before, row);
    const is = isCorrect(after, row);
    if (was && !is) lost++;
    if (!was && is) gained++;
  }
  return { lost, gained };
}
