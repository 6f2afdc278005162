import { attributeFloat, type Value } from '../../graph/index.ts';
import {
  add,
  countOf,
  div,
  mul,
  range,
  reduceMean,
  reshape,
  scalar,
  sub,
  sumPerChannel,
} from './expressions.ts';
import type { GradientRule } from './rule.ts';

/**
 * BatchNormalization, y = γ (x - μ) s + β with s = 1 / √(σ² + ε), per channel (Ioffe & Szegedy
 * 2015).
 *
 * With batch statistics (the training form replaced μ and σ² by those of the batch, see
 * training-forms.ts), m elements a channel:
 *   dβ = Σ dy,   dγ = s Σ dy (x - μ),   dx = γ s (dy - dβ / m) - (x - μ) γ s² dγ / m.
 * With the frozen statistics of the file, μ and σ² do not depend on x: dx = γ s dy.
 */
export const batchNormalizationGradient: GradientRule = (context) => {
  const { edit, node, dy, dims, needs } = context;
  const x = context.input(0);
  const shape = dims(x);
  // [C] as [C, 1, …], to be broadcast over space.
  const perChannel = (value: Value): Value =>
    reshape(edit, value, [-1, ...range(shape.length - 2).map(() => 1)]);
  const gamma = context.input(1);
  const epsilon = scalar(edit, attributeFloat(node, 'epsilon', 1e-5));
  const inverse = div(
    edit,
    scalar(edit, 1),
    edit.op('Sqrt', [add(edit, context.input(4), epsilon)]),
  );
  const factor = perChannel(mul(edit, gamma, inverse));
  const saved = context.saved('centred');
  const centred = saved ?? sub(edit, x, perChannel(context.input(3)));
  const dBeta = sumPerChannel(edit, dy, shape.slice(2));
  const dGamma = mul(edit, sumPerChannel(edit, mul(edit, dy, centred), shape.slice(2)), inverse);
  const dx = (): Value => {
    if (saved === undefined) return mul(edit, dy, factor);
    const meanOf = (total: Value): Value => div(edit, total, elementsPerChannel());
    const slope = perChannel(
      mul(edit, mul(edit, gamma, mul(edit, inverse, inverse)), meanOf(dGamma)),
    );
    const shifted = sub(edit, dy, perChannel(meanOf(dBeta)));
    return sub(edit, mul(edit, shifted, factor), mul(edit, centred, slope));
  };
  /** m, taken from the shape at run time: the batch size is not baked in. */
  const elementsPerChannel = (): Value => div(edit, countOf(edit, x), countOf(edit, gamma));
  return [needs(0) ? dx() : undefined, needs(1) ? dGamma : undefined, needs(2) ? dBeta : undefined];
};

/** The mean over the batch and space, and x - mean, as the training form computes them. */
export function batchStatistics(
  edit: Parameters<typeof reduceMean>[0],
  x: Value,
  rank: number,
): { mean: Value; variance: Value; centred: Value } {
  const axes = range(rank).filter((axis) => axis !== 1);
  const mean = reduceMean(edit, x, axes, false);
  const broadcast = reshape(edit, mean, [-1, ...range(rank - 2).map(() => 1)]);
  const centred = sub(edit, x, broadcast);
  return { mean, variance: reduceMean(edit, mul(edit, centred, centred), axes, false), centred };
}
