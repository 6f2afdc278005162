import { intAttribute, type ModelEdit, type Value } from '../../graph/index.ts';
import { countOf, div, mul, scalar, scaled, sub } from '../gradients/expressions.ts';
import type { LossInputs } from './loss-inputs.ts';
import type { BuiltLoss, LossContext } from './loss.ts';

/**
 * Mean squared error over all elements, divided by the teacher's variance σ², so that outputs of any scale weigh alike:
 * L = mean (s - t)² / σ², dL/ds = 2 (s - t) / (elements · σ²). `target` names the input that takes the teacher's values.
 */
export function squaredErrorOf(
  { edit, dims }: LossContext,
  inputs: LossInputs,
  output: Value,
  options: { readonly target: string; readonly variance: number },
): BuiltLoss {
  const target = inputs.target(options.target, dims(output).length);
  const { loss, gradient } = squaredError(edit, output, target, options.variance);
  return { loss, gradients: [{ of: output, gradient }], inputs: inputs.all, metrics: new Map() };
}

/** The loss and its gradient by `value`. */
export function squaredError(
  edit: ModelEdit,
  value: Value,
  target: Value,
  variance: number,
): { readonly loss: Value; readonly gradient: Value } {
  const scale = 1 / variance;
  const error = sub(edit, value, target);
  const mean = edit.op('ReduceMean', [mul(edit, error, error)], { keepdims: intAttribute(0) });
  const elements = countOf(edit, value);
  const factor = div(edit, scalar(edit, 2 * scale), elements);
  return { loss: scaled(edit, mean, scale), gradient: mul(edit, error, factor) };
}
