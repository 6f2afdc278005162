import type { ModelEdit, Value } from '../../graph/index.ts';
import { elementCount } from '../../tensor/index.ts';
import { int64s, range, reshape, slice, transpose } from './expressions.ts';
import { at, usedPadEnd, type Window } from './window.ts';

/**
 * What every tap of a kernel sees: the places of x that it meets at all output positions. dL/dw of a
 * Conv is then a product or a sum over such views. They are taken with the batch last: a step to the
 * side, or a stride, skips whole batches, so that a view is copied in long pieces, and the matrices
 * that products are made of need no transpose. Measured on ONNX Runtime's CPU kernels against views
 * with the batch first, channels first, and space first; each transpose moves a single axis, the only
 * kind that is fast there.
 */

/** [N, C, …space] → [C, …space, N]. */
export const batchLast = (
  edit: ModelEdit,
  x: Value,
  channels: number,
  space: readonly number[],
): Value => {
  const flat = reshape(edit, x, [0, channels, -1]);
  return reshape(edit, transpose(edit, flat, [1, 2, 0]), [channels, ...space, -1]);
};

/** [N, C, …space] → [space·N, C]: the same positions in the same order as above, as rows. */
export const positionRows = (
  edit: ModelEdit,
  x: Value,
  channels: number,
  space: readonly number[],
): Value => {
  const flat = reshape(edit, x, [-1, elementCount(space)]);
  return reshape(edit, transpose(edit, flat, [1, 0]), [-1, channels]);
};

/** For each tap, last axis fastest, its view of x [N, C, …input] as [C, …output, N]. */
export function tapViews(edit: ModelEdit, x: Value, window: Window, channels: number): Value[] {
  const spatial = range(window.input.length);
  const axes = spatial.map((axis) => axis + 1);
  const padEnd = usedPadEnd(window).map((pad) => Math.max(0, pad));
  const pads = [0, ...window.padBegin, 0, 0, ...padEnd, 0];
  const whole = batchLast(edit, x, channels, window.input);
  const padded = pads.some((pad) => pad > 0) ? edit.op('Pad', [whole, int64s(edit, pads)]) : whole;
  return tapsOf(window.kernel).map((tap) => {
    const starts = spatial.map((axis) => at(tap, axis) * at(window.dilations, axis));
    const ends = spatial.map(
      (axis) => at(starts, axis) + (at(window.output, axis) - 1) * at(window.strides, axis) + 1,
    );
    return slice(edit, padded, starts, ends, axes, window.strides);
  });
}

/** All positions of a kernel, last axis fastest. */
const tapsOf = (kernel: readonly number[]): number[][] =>
  kernel.reduce<number[][]>(
    (positions, size) => positions.flatMap((position) => range(size).map((i) => [...position, i])),
    [[]],
  );
