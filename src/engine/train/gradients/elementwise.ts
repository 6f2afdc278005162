import { attributeFloat } from '../../graph/index.ts';
import { add, div, indicator, mul, scalar, scaled, sub } from './expressions.ts';
import { binary, unary } from './pointwise-forms.ts';
import type { GradientRule } from './rule.ts';

/**
 * Gradients of operators that act element by element; binary ones undo the broadcast of each
 * operand.
 */

export const addGradient: GradientRule = binary(({ dy }) => [() => dy, () => dy]);

export const subGradient: GradientRule = binary(({ edit, dy }) => [
  () => dy,
  () => edit.op('Neg', [dy]),
]);

export const mulGradient: GradientRule = binary(({ edit, dy }, a, b) => [
  () => mul(edit, dy, b),
  () => mul(edit, dy, a),
]);

/** y = a / b: da = dy / b, db = -dy · y / b. */
export const divGradient: GradientRule = binary(({ edit, dy, y }, _a, b) => [
  () => div(edit, dy, b),
  () => edit.op('Neg', [div(edit, mul(edit, dy, y), b)]),
]);

export const identityGradient: GradientRule = ({ dy }) => [dy];

export const negGradient: GradientRule = ({ edit, dy }) => [edit.op('Neg', [dy])];

/** Read from the output, so that the input need not be kept: y > 0 exactly where x > 0. */
export const reluGradient: GradientRule = unary((edit, _x, y) =>
  indicator(edit, edit.op('Greater', [y, scalar(edit, 0)])),
);

export const leakyReluGradient: GradientRule = unary((edit, x, _y, { node }) => {
  const alpha = attributeFloat(node, 'alpha', 0.01);
  const positive = indicator(edit, edit.op('Greater', [x, scalar(edit, 0)]));
  return add(edit, scaled(edit, positive, 1 - alpha), scalar(edit, alpha));
});

/**
 * Clip passes the gradient where it changed nothing (bounds included). The bounds themselves are
 * never trained.
 */
export const clipGradient: GradientRule = (context) => {
  const { edit, dy, y } = context;
  if (context.needs(1) || context.needs(2)) context.refuse('the bounds of Clip cannot be trained');
  return [mul(edit, dy, indicator(edit, edit.op('Equal', [context.input(0), y])))];
};

/** y (1 - y). */
export const sigmoidGradient: GradientRule = unary((edit, _x, y) =>
  mul(edit, y, sub(edit, scalar(edit, 1), y)),
);

/** 1 - y². */
export const tanhGradient: GradientRule = unary((edit, _x, y) =>
  sub(edit, scalar(edit, 1), mul(edit, y, y)),
);

export const expGradient: GradientRule = unary((_edit, _x, y) => y);

export const logGradient: GradientRule = ({ edit, dy, input }) => [div(edit, dy, input(0))];

/** 1 / (2 y). */
export const sqrtGradient: GradientRule = ({ edit, dy, y }) => [div(edit, dy, scaled(edit, y, 2))];

/** y = clip(αx + β, 0, 1): α strictly inside. */
export const hardSigmoidGradient: GradientRule = unary((edit, _x, y, { node }) => {
  const inside = edit.op('And', [
    edit.op('Greater', [y, scalar(edit, 0)]),
    edit.op('Less', [y, scalar(edit, 1)]),
  ]);
  return scaled(edit, indicator(edit, inside), attributeFloat(node, 'alpha', 0.2));
});

/**
 * y = x · clip(x/6 + 1/2, 0, 1): the slope is the clipped gate, plus x/6 where the gate is open in
 * part.
 */
export const hardSwishGradient: GradientRule = unary((edit, x) => {
  const gate = edit.op('Clip', [
    add(edit, scaled(edit, x, 1 / 6), scalar(edit, 0.5)),
    scalar(edit, 0),
    scalar(edit, 1),
  ]);
  const inside = edit.op('And', [
    edit.op('Greater', [gate, scalar(edit, 0)]),
    edit.op('Less', [gate, scalar(edit, 1)]),
  ]);
  return add(edit, gate, mul(edit, indicator(edit, inside), scaled(edit, x, 1 / 6)));
});
