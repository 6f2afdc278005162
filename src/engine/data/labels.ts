import { mismatch, unreadable } from './data-errors.ts';

/**
 * Labels as class indices, from what files hold: one whole number per sample, a column of them, or one-hot rows.
 * `shape` is the array's, `[N]`, `[N, 1]` or `[N, classes]`.
 */
export function labelsFromNumbers(
  where: string,
  values: Float64Array,
  shape: readonly number[],
  count: number,
): Int32Array {
  if (shape[0] !== count) throw mismatch(where, `${shape[0] ?? 0} labels for ${count} samples`);
  const width = values.length / Math.max(1, count);
  if (width === 1) return Int32Array.from(values, (value, i) => wholeNumber(where, value, i));
  if (shape.length !== 2) throw unreadable(where, `labels of shape [${shape.join(', ')}]`);
  return Int32Array.from({ length: count }, (_, i) =>
    hotIndex(where, values.subarray(i * width, (i + 1) * width), i),
  );
}

function wholeNumber(where: string, value: number, sample: number): number {
  if (!Number.isInteger(value) || value < 0 || value > 0x7fffffff)
    throw unreadable(where, `the label of sample ${sample} is ${value}, which is no class index`);
  return value;
}

function hotIndex(where: string, row: Float64Array, sample: number): number {
  const hot = row.indexOf(1);
  if (hot < 0 || row.some((value, i) => value !== (i === hot ? 1 : 0)))
    throw unreadable(
      where,
      `the labels of sample ${sample} are neither one class index nor a one-hot row`,
    );
  return hot;
}

/**
 * Labels as written in a text file: whole numbers are class indices as they are; anything else is a class name, and names are
 * numbered in alphabetical order (by code unit, so that every machine agrees).
 */
export function labelsFromNames(names: readonly string[]): {
  labels: Int32Array;
  classes: readonly string[] | undefined;
} {
  if (names.every((name) => /^\d{1,9}$/.test(name)))
    return { labels: Int32Array.from(names, Number), classes: undefined };
  const classes = [...new Set(names)].toSorted(byCodeUnit);
  const index = new Map(classes.map((name, i) => [name, i]));
  return { labels: Int32Array.from(names, (name) => index.get(name) ?? 0), classes };
}

/** The same order in every language and on every machine. */
export const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
