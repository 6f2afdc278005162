import { intAttribute, type ModelEdit, type Value } from '../../graph/index.ts';
import { countOf, div, mul, scalar, scaled, sub } from '../gradients/expressions.ts';
import { float32Tensor, toFloat32, type Tensor } from '../../tensor/index.ts';
import type { LossInputs } from './loss-inputs.ts';
import type { BuiltLoss, LossContext } from './loss.ts';

/**
 * Mean squared error over all elements, each divided by the variance σ² of its column of the teacher's values, so that outputs and columns of
 * any scale weigh alike: L = mean (s - t)² / σ², dL/ds = 2 (s - t) / (elements · σ²). `target` names the input that takes the teacher's
 * values, `variances` broadcasts against them.
 */
export function squaredErrorOf(
  { edit, dims }: LossContext,
  inputs: LossInputs,
  output: Value,
  options: { readonly target: string; readonly variances: Tensor },
): BuiltLoss {
  const target = inputs.target(options.target, dims(output).length);
  const weights = float32Tensor(
    options.variances.dims,
    toFloat32(options.variances).map((variance) => 1 / variance),
  );
  const error = sub(edit, output, target);
  const weighted = mul(edit, error, edit.addConstant(`weights/${options.target}`, weights));
  const loss = edit.op('ReduceMean', [mul(edit, error, weighted)], { keepdims: intAttribute(0) });
  const gradient = mul(edit, weighted, div(edit, scalar(edit, 2), countOf(edit, output)));
  return { loss, gradients: [{ of: output, gradient }], inputs: inputs.all, metrics: new Map() };
}

/** The same with one variance for all elements: the loss and its gradient by `value`. */
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
