import { attributeInt, attributeInts, type Value } from '../../graph/index.ts';
import { int64s, range, reshapeLike, transpose } from './expressions.ts';
import type { GradientRule } from './rule.ts';

/** Gradients of operators that move elements without changing them. */

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
