import {
  attributeInt,
  attributeString,
  intAttribute,
  stringAttribute,
  type Value,
} from '../../graph/index.ts';
import { constantInts } from './constant-ints.ts';
import { add, int64s, range, transpose } from './expressions.ts';
import type { GradientContext, GradientRule } from './rule.ts';
import { placedAlong, shapeOf, sizesOf, zeros, zerosLike } from './runtime-shape.ts';

/** Reading by index, and writing by index: each one's gradient is the other. */

/**
 * Gather (embeddings, and one row of a tensor): dy is added to the rows that were read. A single constant index is a block of length
 * 1; otherwise the rows are brought to the front, where ScatterND adds them up.
 */
export const gatherGradient: GradientRule = (context) => {
  const { edit, node, dy, dims } = context;
  const x = context.input(0);
  const indices = context.input(1);
  const rank = dims(x).length;
  const axis = (attributeInt(node, 'axis', 0) + rank) % rank;
  const [single] = constantInts(indices) ?? [];
  if (single !== undefined && dims(indices).length === 0) {
    const row = edit.op('Unsqueeze', [dy, int64s(edit, [axis])]);
    const place = int64s(edit, [single]);
    const begin = single >= 0 ? place : add(edit, sizesOf(edit, x, axis, axis + 1), place);
    return [placedAlong(edit, row, x, axis, begin)];
  }
  const rows = asInt64(context, indices);
  const at = edit.op('Unsqueeze', [rows, int64s(edit, [-1])]);
  if (axis === 0) return [scatterAdd(context, zerosLike(edit, x), at, dy)];
  const toFront = [axis, ...range(rank).filter((other) => other !== axis)];
  const indexRank = dims(indices).length;
  const perm = [
    ...range(indexRank).map((i) => i + axis),
    ...range(axis),
    ...range(rank - axis - 1).map((i) => i + axis + indexRank),
  ];
  const shape = edit.op('Gather', [shapeOf(edit, x), int64s(edit, toFront)]);
  const added = scatterAdd(context, zeros(edit, shape), at, transpose(edit, dy, perm));
  return [
    transpose(
      edit,
      added,
      range(rank).map((place) => toFront.indexOf(place)),
    ),
  ];
};

const asInt64 = ({ edit }: GradientContext, indices: Value): Value =>
  edit.op('Cast', [indices], { to: intAttribute(7) });

const scatterAdd = ({ edit }: GradientContext, into: Value, at: Value, dy: Value): Value =>
  edit.op('ScatterND', [into, at, dy], { reduction: stringAttribute('add') });

/** GatherElements: dy is added where each element came from. */
export const gatherElementsGradient: GradientRule = (context) => {
  const { edit, node, dy } = context;
  const inputs = [zerosLike(edit, context.input(0)), context.input(1), dy];
  return [
    edit.op('ScatterElements', inputs, {
      axis: intAttribute(attributeInt(node, 'axis', 0)),
      reduction: stringAttribute('add'),
    }),
  ];
};

/** GatherND without batch dims: dy is added to the blocks that were read. */
export const gatherNdGradient: GradientRule = (context) => {
  const { edit, node, dy, refuse } = context;
  if (attributeInt(node, 'batch_dims', 0) !== 0) refuse('batch_dims');
  return [scatterAdd(context, zerosLike(edit, context.input(0)), context.input(1), dy)];
};

/**
 * ScatterND: the updates take their gradient from where they went; where they replaced the data (reduction none), the data's is zero.
 */
export const scatterNdGradient: GradientRule = (context) => {
  const { edit, dy, needs } = context;
  const indices = context.input(1);
  const updates = edit.op('GatherND', [dy, indices]);
  if (adds(context)) return [dy, undefined, updates];
  const data = needs(0)
    ? edit.op('ScatterND', [dy, indices, zerosLike(edit, context.input(2))])
    : undefined;
  return [data, undefined, updates];
};

export const scatterElementsGradient: GradientRule = (context) => {
  const { edit, node, dy, needs } = context;
  const indices = context.input(1);
  const axis = { axis: intAttribute(attributeInt(node, 'axis', 0)) };
  const updates = edit.op('GatherElements', [dy, indices], axis);
  if (adds(context)) return [dy, undefined, updates];
  const data = needs(0)
    ? edit.op('ScatterElements', [dy, indices, zerosLike(edit, context.input(2))], axis)
    : undefined;
  return [data, undefined, updates];
};

/** True for reduction add, false for none; refuses products and extremes. */
function adds({ node, refuse }: GradientContext): boolean {
  const reduction = attributeString(node, 'reduction', 'none');
  if (reduction !== 'none' && reduction !== 'add') refuse(`reduction ${reduction}`);
  return reduction === 'add';
}
