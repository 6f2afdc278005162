import { attributeInt, attributeInts, type Value } from '../../graph/index.ts';
import { expandLike, int64s, range, reshapeLike, scaled, transpose } from './expressions.ts';
import type { GradientContext, GradientRule } from './rule.ts';
import { tensorBytes } from '../../tensor/index.ts';

/** Gradients of operators that move elements without changing them, and of the plain reductions. */

/** Reshape, Flatten, Squeeze, Unsqueeze: the gradient takes the input's shape again. */
export const reshapeGradient: GradientRule = ({ edit, dy, input }) => [
  reshapeLike(edit, dy, input(0)),
];

export const transposeGradient: GradientRule = ({ edit, node, dy, dims, input }) => {
  const rank = dims(input(0)).length;
  const perm = attributeInts(node, 'perm') ?? range(rank).toReversed();
  const inverse = range(rank).map((axis) => perm.indexOf(axis));
  return [transpose(edit, dy, inverse)];
};

/** Concat: each input gets its own stretch of the axis back. */
export const concatGradient: GradientRule = ({ edit, node, dy, y, dims, refuse }) => {
  const inputs = node.inputs.filter((input): input is Value => input !== undefined);
  const rank = dims(y).length;
  const axis = (attributeInt(node, 'axis', 0) + rank) % rank;
  if (axis === 0) refuse('Concat along the batch axis');
  const sizes = inputs.map((input) => dims(input)[axis] ?? 0);
  const outputs = inputs.map((_, i) => edit.freshName(`${node.name}_part${i}`));
  const split = edit.addNode('Split', [dy, int64s(edit, sizes)], {
    outputs,
    attributes: { axis: { kind: 'int', value: axis } },
  });
  return [...split.outputs];
};

/** ReduceMean: every element of a group gets dy ÷ the size of the group. */
export const reduceMeanGradient: GradientRule = (context) => reduction(context, true);

export const reduceSumGradient: GradientRule = (context) => reduction(context, false);

function reduction(context: GradientContext, mean: boolean): readonly Value[] {
  const { edit, node, dims } = context;
  const x = context.input(0);
  const shape = dims(x);
  const axes = reducedAxes(context, shape.length);
  if (mean && axes.includes(0)) context.refuse('a mean over the batch axis');
  const keepDims = attributeInt(node, 'keepdims', 1) === 1;
  const full = keepDims ? context.dy : edit.op('Unsqueeze', [context.dy, int64s(edit, axes)]);
  const groupSize = mean ? axes.reduce((size, axis) => size * (shape[axis] ?? 1), 1) : 1;
  return [expandLike(edit, scaled(edit, full, 1 / groupSize), x)];
}

/** The axes as an attribute (before opset 18) or as a constant second input. */
function reducedAxes(context: GradientContext, rank: number): number[] {
  const { node } = context;
  let axes = attributeInts(node, 'axes');
  const given = node.inputs[1];
  if (given !== undefined) {
    if (given.constant === undefined) return context.refuse('axes that are computed at run time');
    const bytes = tensorBytes(given.constant).slice();
    axes = Array.from(new BigInt64Array(bytes.buffer), Number);
  }
  if (axes === undefined || axes.length === 0) {
    if (attributeInt(node, 'noop_with_empty_axes', 0) === 1) return [];
    axes = range(rank);
  }
  return axes.map((axis) => (axis + rank) % rank);
}
