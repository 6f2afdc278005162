import { intAttribute, type Value } from '../../graph/index.ts';
import { add, countOf, div, mul, reduceSum, scalar, sub } from '../gradients/expressions.ts';
import type { LossInputs } from './loss-inputs.ts';
import type { BuiltLoss, LossContext } from './loss.ts';

/** Added to squared norms, so that a vector of zeros has a gradient of zero. */
const tiny = 1e-12;

/**
 * 1 - cosine similarity along the last axis, averaged over all vectors: with ŝ = s / |s| and t̂ = t / |t|,
 * L = mean (1 - ŝ·t̂), dL/ds = ((ŝ·t̂) ŝ - t̂) / (|s| · vectors). For embeddings, whose length means nothing.
 */
export function cosineOf(
  { edit, dims }: LossContext,
  inputs: LossInputs,
  output: Value,
  options: { readonly target: string },
): BuiltLoss {
  const rank = dims(output).length;
  const target = inputs.target(options.target, rank);
  const along = (value: Value): Value => reduceSum(edit, value, [rank - 1], true);
  const norm = (value: Value): Value =>
    edit.op('Sqrt', [add(edit, along(mul(edit, value, value)), scalar(edit, tiny))]);
  const length = norm(output);
  const s = div(edit, output, length);
  const t = div(edit, target, norm(target));
  const cosine = along(mul(edit, s, t));
  const mean = edit.op('ReduceMean', [cosine], { keepdims: intAttribute(0) });
  const vectors = countOf(edit, cosine);
  const gradient = div(edit, sub(edit, mul(edit, s, cosine), t), mul(edit, length, vectors));
  return {
    loss: sub(edit, scalar(edit, 1), mean),
    gradients: [{ of: output, gradient }],
    inputs: inputs.all,
    metrics: new Map(),
  };
}
