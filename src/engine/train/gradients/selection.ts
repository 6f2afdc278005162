import { intAttribute, type Value } from '../../graph/index.ts';
import { add, div, indicator, mul, scalar, scaled, sub, unbroadcast } from './expressions.ts';
import { variadic } from './pointwise-forms.ts';
import type { GradientRule } from './rule.ts';

/** Gradients of operators that combine or choose between broadcast operands, and of Cast. */

/** Min and Max: dy goes to the operand that was chosen; equal ones share it. */
export const extremeGradient: GradientRule = variadic(({ edit, dy, y }, operands) => {
  const chosen = operands.map((operand) => indicator(edit, edit.op('Equal', [operand, y])));
  const count = chosen.reduce((sum, one) => add(edit, sum, one));
  const share = operands.length === 1 ? dy : div(edit, dy, count);
  return (i) => mul(edit, share, chosen[i] as Value);
});

export const sumGradient: GradientRule = variadic(
  ({ dy }) =>
    () =>
      dy,
);

export const meanGradient: GradientRule = variadic(({ edit, dy }, operands) => {
  const share = scaled(edit, dy, 1 / operands.length);
  return () => share;
});

/** Where(condition, a, b): each operand takes dy where it was chosen. */
export const whereGradient: GradientRule = (context) => {
  const { edit, dy, dims, needs } = context;
  const first = indicator(edit, context.input(0));
  const operand = (index: number, taken: () => Value): Value | undefined =>
    needs(index)
      ? unbroadcast(edit, mul(edit, dy, taken()), dims(context.y), dims(context.input(index)))
      : undefined;
  return [undefined, operand(1, () => first), operand(2, () => sub(edit, scalar(edit, 1), first))];
};

/**
 * Between floating-point types the gradient is cast back. Casts to integers and booleans stop it
 * (stopped.ts), so that a Cast from one never gets here.
 */
export const castGradient: GradientRule = ({ edit, dy, input }) => [
  edit.op('CastLike', [dy, input(0)]),
];

/** The gradient of a cumulative sum is the cumulative sum from the other end. */
export const cumSumGradient: GradientRule = ({ edit, node, dy, input }) => {
  const exclusive = node.attributes.get('exclusive') ?? intAttribute(0);
  const reverse = node.attributes.get('reverse');
  const reversed = reverse?.kind === 'int' && Number(reverse.value) === 1;
  return [
    edit.op('CumSum', [dy, input(1)], { exclusive, reverse: intAttribute(reversed ? 0 : 1) }),
  ];
};
