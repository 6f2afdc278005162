import { attributeInts, attributeString, type Node } from '../../graph/index.ts';
import { range } from './expressions.ts';

/**
 * The sliding window of a Conv or a pool, with `auto_pad` resolved to explicit pads from the
 * measured sizes. All lists have one entry per spatial axis.
 */
export interface Window {
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padBegin: readonly number[];
  readonly padEnd: readonly number[];
}

/** `input` and `output`: spatial sizes as measured. */
export function windowOf(
  node: Node,
  kernel: readonly number[],
  input: readonly number[],
  output: readonly number[],
): Window {
  const rank = input.length;
  const strides = attributeInts(node, 'strides') ?? range(rank).map(() => 1);
  const dilations = attributeInts(node, 'dilations') ?? range(rank).map(() => 1);
  const pads = attributeInts(node, 'pads') ?? range(2 * rank).map(() => 0);
  const autoPad = attributeString(node, 'auto_pad', 'NOTSET');
  const padBegin: number[] = [];
  const padEnd: number[] = [];
  for (const axis of range(rank)) {
    const total = Math.max(
      0,
      reach({ output, kernel, strides, dilations }, axis) - at(input, axis),
    );
    if (autoPad === 'SAME_UPPER') padBegin.push(Math.floor(total / 2));
    else if (autoPad === 'SAME_LOWER') padBegin.push(Math.ceil(total / 2));
    else padBegin.push(autoPad === 'VALID' ? 0 : at(pads, axis));
    if (autoPad === 'NOTSET') padEnd.push(at(pads, axis + rank));
    else padEnd.push(autoPad === 'VALID' ? 0 : total - at(padBegin, axis));
  }
  return { input, output, kernel, strides, dilations, padBegin, padEnd };
}

type Geometry = Pick<Window, 'output' | 'kernel' | 'strides' | 'dilations'>;

/** How far the windows reach over the padded input: (O - 1) · stride + (k - 1) · dilation + 1. */
const reach = (window: Geometry, axis: number): number =>
  (at(window.output, axis) - 1) * at(window.strides, axis) +
  (at(window.kernel, axis) - 1) * at(window.dilations, axis) +
  1;

/**
 * The end padding the windows really use: what remains when the padded input is not a whole number
 * of strides long is negative here (input that no window touches), and ceil-mode pooling may use
 * more than `padEnd`.
 */
export const usedPadEnd = (window: Window): number[] =>
  range(window.input.length).map(
    (axis) => reach(window, axis) - at(window.padBegin, axis) - at(window.input, axis),
  );

/** `list[i]` of a list that is known to be long enough. */
export function at(list: readonly number[], index: number): number {
  const value = list[index];
  if (value === undefined) throw new RangeError(`index ${index} of ${list.length}`);
  return value;
}
