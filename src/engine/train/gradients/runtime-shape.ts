import { intAttribute, type ModelEdit, type Value } from '../../graph/index.ts';
import { add, int64s, sub } from './expressions.ts';

/** Arithmetic on shapes while the graph runs: what would bake in the batch, or the length of a sequence, if it were done before. */

export const shapeOf = (edit: ModelEdit, x: Value): Value => edit.op('Shape', [x]);

/** Sizes `from` to `to` of a shape (int64 vector). */
export const sizesOf = (edit: ModelEdit, x: Value, from: number, to: number): Value =>
  edit.op('Shape', [x], { start: intAttribute(from), end: intAttribute(to) });

/** Joins int64 vectors. */
export const joined = (edit: ModelEdit, parts: readonly Value[]): Value =>
  edit.op('Concat', parts, { axis: intAttribute(0) });

/** Zeros of the shape another value has when the graph runs. */
export const zerosLike = (edit: ModelEdit, x: Value): Value => zeros(edit, shapeOf(edit, x));

/** Zeros (float32) of a shape that is computed. */
export const zeros = (edit: ModelEdit, shape: Value): Value => edit.op('ConstantOfShape', [shape]);

/**
 * dy put at `begin` (int64 [rank]) in zeros of the shape of `like`: the adjoint of cutting a block out. Where dy reaches beyond the
 * end, it is cut.
 */
export function placedIn(edit: ModelEdit, dy: Value, like: Value, begin: Value): Value {
  const end = sub(edit, sub(edit, shapeOf(edit, like), shapeOf(edit, dy)), begin);
  return edit.op('Pad', [dy, joined(edit, [begin, end])]);
}

/** The same along one axis. */
export function placedAlong(
  edit: ModelEdit,
  dy: Value,
  like: Value,
  axis: number,
  begin: Value,
): Value {
  const room = sub(edit, sizesOf(edit, like, axis, axis + 1), sizesOf(edit, dy, axis, axis + 1));
  const pads = joined(edit, [begin, sub(edit, room, begin)]);
  return edit.op('Pad', [dy, pads, undefined, int64s(edit, [axis])]);
}

/** Positions counted from the end when negative, as ONNX does: p + size where p < 0. */
export function fromTheStart(edit: ModelEdit, positions: Value, sizes: Value): Value {
  const zero = int64s(edit, [0]);
  const negative = edit.op('Less', [positions, zero]);
  return edit.op('Where', [negative, add(edit, positions, sizes), positions]);
}
