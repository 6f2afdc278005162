import { elementCount, toFloat32 } from '../../tensor/index.ts';
import { intAttribute, type ModelEdit, type Value } from '../../graph/index.ts';
import { mul, scalar, scaled, sub } from './expressions.ts';
import { binary, unary } from './pointwise-forms.ts';
import type { GradientRule } from './rule.ts';

/** Gradients of the elementary functions that are not in elementwise.ts. */

/**
 * y = a^b: da = dy · b · a^(b-1), db = dy · y · ln a where a > 0 and 0 elsewhere (there y does not
 * depend smoothly on b). The exponent may be of another type than the base.
 */
export const powGradient: GradientRule = binary(({ edit, dy, y }, a, b) => [
  () => mul(edit, dy, powerSlope(edit, a, b)),
  () => {
    const positive = edit.op('Greater', [a, scalar(edit, 0)]);
    const logarithm = edit.op('Log', [edit.op('Where', [positive, a, scalar(edit, 1)])]);
    return mul(edit, dy, mul(edit, y, logarithm));
  },
]);

/** b · a^(b-1); the exponents that models hold as constants without a Pow, which is slow. */
function powerSlope(edit: ModelEdit, a: Value, b: Value): Value {
  const exponent = scalarOf(b);
  if (exponent === 0) return mul(edit, a, scalar(edit, 0));
  if (exponent === 1) return scalar(edit, 1);
  if (exponent === 2) return scaled(edit, a, 2);
  if (exponent === 3) return scaled(edit, mul(edit, a, a), 3);
  const power = edit.op('Cast', [b], { to: intAttribute(1) });
  const slope = mul(edit, power, edit.op('Pow', [a, sub(edit, power, scalar(edit, 1))]));
  if (exponent !== undefined) return slope;
  // 0 · 0^-1 is no number.
  const zero = scalar(edit, 0);
  return edit.op('Where', [edit.op('Equal', [power, zero]), zero, slope]);
}

/** The number a constant of one element holds. */
const scalarOf = ({ constant }: Value): number | undefined =>
  constant !== undefined && elementCount(constant.dims) === 1 ? toFloat32(constant)[0] : undefined;

/** sign x; 0 at 0. */
export const absGradient: GradientRule = unary((edit, x) => edit.op('Sign', [x]));

/** -y². */
export const reciprocalGradient: GradientRule = unary((edit, _x, y) =>
  edit.op('Neg', [mul(edit, y, y)]),
);

export const sinGradient: GradientRule = unary((edit, x) => edit.op('Cos', [x]));

export const cosGradient: GradientRule = unary((edit, x) => edit.op('Neg', [edit.op('Sin', [x])]));

/** 2/√π · e^(-x²). */
export const erfGradient: GradientRule = unary((edit, x) =>
  scaled(edit, edit.op('Exp', [edit.op('Neg', [mul(edit, x, x)])]), 2 / Math.sqrt(Math.PI)),
);
