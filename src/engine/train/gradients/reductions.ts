import { attributeInt, attributeInts, type ModelEdit, type Value } from '../../graph/index.ts';
import { constantInts } from './constant-ints.ts';
import {
  countOf,
  div,
  expandLike,
  indicator,
  int64s,
  mul,
  range,
  reduceSum,
  scalar,
  scaled,
  sub,
} from './expressions.ts';
import type { GradientContext, GradientRule } from './rule.ts';

/**
 * Gradients of reductions. dy and y are brought back to the rank of x first (size 1 along the
 * reduced axes); then dx = dy · slope(x, y), broadcast over the group.
 */
interface Reduction {
  readonly edit: ModelEdit;
  readonly x: Value;
  /** y and dy with size 1 along the reduced axes. */
  readonly y: Value;
  readonly dy: Value;
  readonly axes: readonly number[];
}

const reduction =
  (gradient: (reduction: Reduction) => Value): GradientRule =>
  (context) => {
    const { edit, node, dims } = context;
    const x = context.input(0);
    const axes = reducedAxes(context, dims(x).length);
    const kept = attributeInt(node, 'keepdims', 1) === 1 || axes.length === 0;
    const full = (value: Value): Value =>
      kept ? value : edit.op('Unsqueeze', [value, int64s(edit, axes)]);
    return [gradient({ edit, x, y: full(context.y), dy: full(context.dy), axes })];
  };

/** The axes as an attribute (before opset 18) or as a constant second input; not negative. */
function reducedAxes(context: GradientContext, rank: number): number[] {
  const { node } = context;
  let axes = attributeInts(node, 'axes');
  const given = node.inputs[1];
  if (given !== undefined) {
    axes = constantInts(given) ?? context.refuse('axes that are computed at run time');
  }
  if (axes === undefined || axes.length === 0) {
    if (attributeInt(node, 'noop_with_empty_axes', 0) === 1) return [];
    axes = range(rank);
  }
  return axes.map((axis) => (axis + rank) % rank);
}

export const reduceSumGradient: GradientRule = reduction(({ edit, dy, x }) =>
  expandLike(edit, dy, x),
);

/** dy ÷ the size of a group, which is taken when the graph runs: it may hold the batch. */
export const reduceMeanGradient: GradientRule = reduction(({ edit, dy, y, x }) => {
  const group = div(edit, countOf(edit, x), countOf(edit, y));
  return expandLike(edit, div(edit, dy, group), x);
});

/** ReduceMax and ReduceMin: dy goes to the extreme elements; several equal ones share it. */
export const reduceExtremeGradient: GradientRule = reduction(({ edit, dy, y, x, axes }) => {
  const chosen = indicator(edit, edit.op('Equal', [x, y]));
  return mul(edit, chosen, div(edit, dy, reduceSum(edit, chosen, axes, true)));
});

/** y = Σ|x|: sign x. */
export const reduceL1Gradient: GradientRule = reduction(({ edit, dy, x }) =>
  mul(edit, edit.op('Sign', [x]), dy),
);

/** y = √Σx²: x / y, and 0 where all of x is 0. */
export const reduceL2Gradient: GradientRule = reduction(({ edit, dy, y, x }) =>
  mul(edit, x, div(edit, dy, edit.op('Max', [y, scalar(edit, smallestNorm)]))),
);

/** Keeps the quotient x / y finite: the smallest normal float32. */
const smallestNorm = 2 ** -126;

/** y = Σx²: 2x. */
export const reduceSumSquareGradient: GradientRule = reduction(({ edit, dy, x }) =>
  mul(edit, x, scaled(edit, dy, 2)),
);

/** y = ln Σe^x: e^(x - y). */
export const reduceLogSumExpGradient: GradientRule = reduction(({ edit, dy, y, x }) =>
  mul(edit, edit.op('Exp', [sub(edit, x, y)]), dy),
);

/** y = ln Σx: e^(-y). */
export const reduceLogSumGradient: GradientRule = reduction(({ edit, dy, y, x }) =>
  expandLike(edit, mul(edit, dy, edit.op('Exp', [edit.op('Neg', [y])])), x),
);
