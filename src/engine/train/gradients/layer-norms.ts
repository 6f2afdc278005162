import { attributeFloat, attributeInt, type ModelEdit, type Value } from '../../graph/index.ts';
import {
  add,
  div,
  int64s,
  mul,
  range,
  reduceMean,
  reduceSum,
  reshape,
  reshapeLike,
  scalar,
  sub,
  unbroadcast,
} from './expressions.ts';
import type { GradientContext, GradientRule } from './rule.ts';
import { at } from './window.ts';

/**
 * Normalizations over groups of elements of one sample: LayerNormalization (Ba et al. 2016),
 * InstanceNormalization, GroupNormalization (Wu & He 2018), RMSNormalization (Zhang & Sennrich
 * 2019). All are y = γ x̂ + β with x̂ = (x - μ) s, s = 1 / √(σ² + ε) over each group; RMS has μ = 0
 * and σ² = mean x². With g = γ dy:
 *   dx = s (g - mean g - x̂ mean(g x̂)),   dγ = Σ dy x̂,   dβ = Σ dy,
 * where RMS lacks the term mean g.
 */
export interface Normalized {
  /** x̂, in the shape of x. */
  readonly xHat: Value;
  /** s, with size 1 along the axes. */
  readonly inverse: Value;
}

/** x̂ and s computed anew. */
export function normalize(
  edit: ModelEdit,
  x: Value,
  axes: readonly number[],
  epsilon: number,
  centring: boolean,
): Normalized {
  const centred = centring ? sub(edit, x, reduceMean(edit, x, axes, true)) : x;
  const variance = reduceMean(edit, mul(edit, centred, centred), axes, true);
  const spread = edit.op('Sqrt', [add(edit, variance, scalar(edit, epsilon))]);
  const inverse = div(edit, scalar(edit, 1), spread);
  return { xHat: mul(edit, centred, inverse), inverse };
}

/** dx from g = γ dy. */
export function normalizedGradient(
  edit: ModelEdit,
  { xHat, inverse }: Normalized,
  g: Value,
  axes: readonly number[],
  centring: boolean,
): Value {
  const along = mul(edit, xHat, reduceMean(edit, mul(edit, g, xHat), axes, true));
  const centred = centring ? sub(edit, g, reduceMean(edit, g, axes, true)) : g;
  return mul(edit, inverse, sub(edit, centred, along));
}

/** Over the axes from `axis` on; γ and β have (or are broadcast to) the shape of those axes. */
const overLastAxes =
  (centring: boolean): GradientRule =>
  (context) => {
    const { edit, node, dy, dims, needs } = context;
    const x = context.input(0);
    const gamma = context.input(1);
    const beta = node.inputs[2];
    const shape = dims(x);
    const first = (attributeInt(node, 'axis', -1) + shape.length) % shape.length;
    const axes = range(shape.length).slice(first);
    const epsilon = attributeFloat(node, 'epsilon', 1e-5);
    const normalized = savedStatistics(context, x) ?? normalize(edit, x, axes, epsilon, centring);
    const sumTo = (value: Value, like: Value): Value => unbroadcast(edit, value, shape, dims(like));
    return [
      needs(0)
        ? normalizedGradient(edit, normalized, mul(edit, dy, gamma), axes, centring)
        : undefined,
      needs(1) ? sumTo(mul(edit, dy, normalized.xHat), gamma) : undefined,
      beta !== undefined && needs(2) ? sumTo(dy, beta) : undefined,
    ];
  };

/** What the training form made the node leave behind, so that no second pass over x is needed. */
function savedStatistics({ edit, saved }: GradientContext, x: Value): Normalized | undefined {
  const mean = saved('mean');
  const inverse = saved('inverse');
  if (mean === undefined || inverse === undefined) return undefined;
  return { xHat: mul(edit, sub(edit, x, mean), inverse), inverse };
}

export const layerNormalizationGradient: GradientRule = overLastAxes(true);

export const rmsNormalizationGradient: GradientRule = overLastAxes(false);

/** x [N, C, …], γ and β [C]; each channel of a sample is a group. */
export const instanceNormalizationGradient: GradientRule = (context) =>
  overChannels(context, at(context.dims(context.input(0)), 1));

/**
 * x [N, C, …] in `num_groups` groups of neighbouring channels; γ and β [C], or one per group
 * before opset 21.
 */
export const groupNormalizationGradient: GradientRule = (context) =>
  overChannels(context, attributeInt(context.node, 'num_groups', 1));

/** As rows [N, groups, C/groups · …]; γ and β are applied as [N, parameters, rest]. */
function overChannels(context: GradientContext, groups: number): readonly (Value | undefined)[] {
  const { edit, node, dy, dims, needs } = context;
  const x = context.input(0);
  const gamma = context.input(1);
  const rows = (value: Value, count: number): Value => reshape(edit, value, [0, count, -1]);
  const parameters = at(dims(gamma), 0);
  const epsilon = attributeFloat(node, 'epsilon', 1e-5);
  const normalized = normalize(edit, rows(x, groups), [2], epsilon, true);
  const dyRows = rows(dy, parameters);
  const dx = (): Value => {
    const g = mul(edit, dyRows, reshape(edit, gamma, [-1, 1]));
    const grouped = parameters === groups ? g : rows(g, groups);
    return reshapeLike(edit, normalizedGradient(edit, normalized, grouped, [2], true), x);
  };
  const dGamma = (): Value => {
    const { xHat } = normalized;
    const perParameter = parameters === groups ? xHat : rows(xHat, parameters);
    return reduceSum(edit, mul(edit, dyRows, perParameter), [0, 2], false);
  };
  return [
    needs(0) ? dx() : undefined,
    needs(1) ? dGamma() : undefined,
    needs(2) ? reduceSum(edit, dyRows, [0, 2], false) : undefined,
  ];
}

/** LpNormalization along one axis, y = x / n with n = Σ|x| or √Σx²: dx = (dy - n' Σ dy y) / n. */
export const lpNormalizationGradient: GradientRule = ({ edit, node, dy, y, input }) => {
  const x = input(0);
  const axis = attributeInt(node, 'axis', -1);
  const order = attributeInt(node, 'p', 2);
  const norm = edit.op(order === 1 ? 'ReduceL1' : 'ReduceL2', [x, int64s(edit, [axis])]);
  const slope = order === 1 ? edit.op('Sign', [x]) : y;
  const share = reduceSum(edit, mul(edit, dy, y), [axis], true);
  // A vector of zeros has no direction to normalize: it stays, and its gradient is 0.
  const inverse = edit.op('Where', [
    edit.op('Greater', [norm, scalar(edit, 0)]),
    edit.op('Reciprocal', [norm]),
    scalar(edit, 0),
  ]);
  return [mul(edit, sub(edit, dy, mul(edit, slope, share)), inverse)];
};
