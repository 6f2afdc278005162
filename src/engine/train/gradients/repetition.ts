import { int64s, range, reduceSum, unbroadcast } from './expressions.ts';
import type { GradientRule } from './rule.ts';
import { joined, shapeOf } from './runtime-shape.ts';
import { at } from './window.ts';

/** Expand and Tile repeat elements; the gradient sums over the repetitions. */

export const expandGradient: GradientRule = ({ edit, dy, y, dims, input }) => [
  unbroadcast(edit, dy, dims(y), dims(input(0))),
];

/** Tile: [r · d, …] → [r, d, …], summed over every r. How often each axis is repeated is measured, its size is not. */
export const tileGradient: GradientRule = ({ edit, dy, y, dims, input, refuse }) => {
  const x = input(0);
  const from = dims(x);
  const rank = from.length;
  const repeats = range(rank).map((axis) => at(dims(y), axis) / at(from, axis));
  const repeated = range(rank).filter((axis) => at(repeats, axis) !== 1);
  if (repeated.length === 0) return [edit.op('Identity', [dy])];
  if (repeated.includes(0) && input(1).constant === undefined)
    refuse('repeats of the batch axis that are computed at run time');
  const pieces = range(rank).flatMap((axis) => {
    const size = edit.op('Gather', [shapeOf(edit, x), int64s(edit, [axis])]);
    return repeated.includes(axis) ? [int64s(edit, [at(repeats, axis)]), size] : [size];
  });
  const apart = edit.op('Reshape', [dy, joined(edit, pieces)]);
  const axes = repeated.map((axis, i) => axis + i);
  return [reduceSum(edit, apart, axes, false)];
};
