import { int64s, range, reshape, slice, transpose } from './expressions.ts';
import type { ModelEdit, Value } from '../../graph/index.ts';
import { elementCount } from '../../tensor/index.ts';
import { at, usedPadEnd, type Window } from './window.ts';

/**
 * What every tap of a kernel sees: the places of x that it meets at all output positions. A sum
 * over positions (dL/dw of a Conv) is then a product or a sum over such views. Two layouts:
 *  - channels first, [channels, batch, …space]: cheap to make, and each view copies rows of one
 *    output line;
 *  - space first, [positions, batch · channels]: a transpose of the whole, after which a view
 *    copies whole positions, with strides too.
 */

/** Batch and channels swapped: [N, C, …] → [C, N, …]. */
export const swapBatch = (edit: ModelEdit, x: Value, rank: number): Value =>
  transpose(edit, x, [1, 0, ...range(rank - 2).map((axis) => axis + 2)]);

/** Rows of one channel each: [N, C, …] → [C, N·…]. */
export const channelRows = (edit: ModelEdit, x: Value, rank: number, channels: number): Value =>
  reshape(edit, swapBatch(edit, x, rank), [channels, -1]);

/**
 * For each tap, its view of x [a, b, …input] as [a, b, …output].
 */
export function tapViews(edit: ModelEdit, x: Value, window: Window): Value[] {
  return viewsAlong(
    edit,
    x,
    window,
    range(window.input.length).map((axis) => axis + 2),
  );
}

/**
 * [N, C, …space] → [space, N, C], given the shape `as` (its axes in that order, some taken
 * together). As a transpose of two axes: ONNX Runtime takes twice to three times as long where it is
 * told of all of them.
 */
export function spaceFirst(
  edit: ModelEdit,
  x: Value,
  space: readonly number[],
  as: readonly number[],
): Value {
  const positions = reshape(edit, x, [-1, elementCount(space)]);
  return reshape(edit, transpose(edit, positions, [1, 0]), as);
}

/** The same for each tap's view of x: [output, N, C]. */
export function spaceFirstViews(
  edit: ModelEdit,
  x: Value,
  window: Window,
  channels: number,
): Value[] {
  const first = spaceFirst(edit, x, window.input, [...window.input, -1, channels]);
  return viewsAlong(edit, first, window, range(window.input.length));
}

/** `axes`: those of space, of x with two more. */
function viewsAlong(edit: ModelEdit, x: Value, window: Window, axes: readonly number[]): Value[] {
  const used = usedPadEnd(window);
  const padsOf = (sizes: readonly number[]): number[] =>
    range(axes.length + 2).map((axis) =>
      axes.includes(axis) ? Math.max(0, at(sizes, axes.indexOf(axis))) : 0,
    );
  const pads = [...padsOf(window.padBegin), ...padsOf(used)];
  const padded = pads.some((pad) => pad > 0) ? edit.op('Pad', [x, int64s(edit, pads)]) : x;
  return tapsOf(window.kernel).map((tap) => {
    const starts = axes.map((_, i) => at(tap, i) * at(window.dilations, i));
    const ends = axes.map(
      (_, i) => at(starts, i) + (at(window.output, i) - 1) * at(window.strides, i) + 1,
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
