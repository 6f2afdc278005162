import type { ModelEdit, Value } from '../../graph/index.ts';
import { mul, unbroadcast } from './expressions.ts';
import type { GradientContext, GradientRule } from './rule.ts';

/** The forms that rules of operators acting element by element share. */

/** dL/d(operand) before its broadcast is undone, one per operand, computed only where asked for. */
type Partials = (
  context: GradientContext,
  a: Value,
  b: Value,
) => readonly [() => Value, () => Value];

/** A rule of two operands that NumPy broadcasting combines. */
export const binary =
  (partials: Partials): GradientRule =>
  (context) => {
    const operands = [context.input(0), context.input(1)] as const;
    const outputDims = context.dims(context.y);
    return partials(context, ...operands).map((partial, i) =>
      context.needs(i)
        ? unbroadcast(context.edit, partial(), outputDims, context.dims(operands[i] as Value))
        : undefined,
    );
  };

/** A rule of any number of operands that NumPy broadcasting combines; `partial` of operand i. */
export const variadic =
  (partials: (context: GradientContext, operands: readonly Value[]) => (i: number) => Value) =>
  (context: GradientContext): readonly (Value | undefined)[] => {
    const operands = context.node.inputs.map((_, i) => context.input(i));
    const outputDims = context.dims(context.y);
    const partial = partials(context, operands);
    return operands.map((operand, i) =>
      context.needs(i)
        ? unbroadcast(context.edit, partial(i), outputDims, context.dims(operand))
        : undefined,
    );
  };

/** dx = dy · slope(x, y). */
export const unary =
  (slope: (edit: ModelEdit, x: Value, y: Value, context: GradientContext) => Value): GradientRule =>
  (context) => [
    mul(context.edit, context.dy, slope(context.edit, context.input(0), context.y, context)),
  ];
