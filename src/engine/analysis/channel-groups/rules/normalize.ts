import { attributeInt } from '../../../graph/index.ts';
import { block, mix, single } from '../dim.ts';
import { axisOf, describe, Stop } from '../tracer.ts';
import type { Rule } from './rule.ts';

/** X [N, C, …] with vectors [C] at inputs 1 … : BatchNormalization, InstanceNormalization, PRelu's slope has its own rule. */
export const perChannel: Rule = (tracer, node) => {
  const dims = tracer.input(node, 0);
  const channels = dims[1] ?? dims[0];
  if (channels === undefined) throw new Stop(`${describe(node)} has no channels`);
  for (let index = 1; index < node.inputs.length; index++) {
    if (!tracer.has(node, index)) continue;
    const [vector] = tracer.input(node, index);
    if (vector !== undefined) tracer.unify(vector, channels);
  }
  if (node.opType === 'InstanceNormalization')
    for (const place of dims.slice(2)) mix(place, describe(node));
  tracer.set(node.outputs[0], dims);
  for (const output of node.outputs.slice(1)) tracer.set(output, [channels]);
};

/**
 * Mean and variance are those of the channels that are left: the usual way to make a narrower transformer, but not one that keeps the function
 * to the bit.
 */
export const layerNorm: Rule = (tracer, node) => {
  const dims = tracer.input(node, 0);
  const axis = axisOf(attributeInt(node, 'axis', -1), dims.length);
  const over = dims.slice(axis);
  for (const dim of over) mix(dim, describe(node));
  for (const index of [1, 2]) {
    if (!tracer.has(node, index)) continue;
    const own = tracer.input(node, index).toReversed();
    for (const [i, dim] of own.entries()) {
      const target = dims.at(-1 - i);
      if (target !== undefined && dim.size === target.size) tracer.unify(dim, target);
    }
  }
  tracer.set(node.outputs[0], dims);
  const statistics = [...dims.slice(0, axis), ...over.map(() => single)];
  for (const output of node.outputs.slice(1)) tracer.set(output, statistics);
};

/** X [N, C, …], C = groups × channels of one; scale and bias [groups] (opset 18) or [C] (21). */
export const groupNorm: Rule = (tracer, node) => {
  const dims = tracer.input(node, 0);
  const [, channels] = dims;
  const groups = attributeInt(node, 'num_groups', 0);
  if (channels === undefined || groups === 0) throw new Stop(`${describe(node)} has no groups`);
  const [outer, inner] = tracer.factor(channels, channels.size / groups);
  mix(inner, describe(node));
  for (const index of [1, 2]) {
    const [vector] = tracer.input(node, index);
    if (vector !== undefined) tracer.unify(vector, vector.size === groups ? outer : channels);
  }
  tracer.fixes.push({ kind: 'attribute', node, name: 'num_groups', dim: outer });
  tracer.set(node.outputs[0], dims);
};

/** Softmax and the like: what is removed from the axis would change all that stays. Before opset 13 all axes from `axis` on are one. */
export const softmax: Rule = (tracer, node) => {
  const dims = tracer.input(node, 0);
  const old = (tracer.model.opsets.get('') ?? 13) < 13;
  const axis = axisOf(attributeInt(node, 'axis', old ? 1 : -1), dims.length);
  for (const dim of old ? dims.slice(axis) : dims.slice(axis, axis + 1))
    block(dim, `${describe(node)} weighs its channels against each other`);
  tracer.set(node.outputs[0], dims);
};

/** One axis is scanned or searched: it stays; the others pass. */
export const alongAxis =
  (fallback: number): Rule =>
  (tracer, node) => {
    const dims = tracer.input(node, 0);
    const written = node.opType === 'CumSum' ? tracer.numbers(node, 'axis', 1) : undefined;
    const [given] = Array.isArray(written) ? written : [attributeInt(node, 'axis', fallback)];
    if (written === 'computed' || given === undefined)
      throw new Stop(`${describe(node)} computes its axis`);
    const along = dims[axisOf(given, dims.length)];
    if (along !== undefined) block(along, `${describe(node)} goes along its channels`);
    tracer.set(node.outputs[0], dims);
  };

/** Normalization over all channels at a place. */
export const overChannels: Rule = (tracer, node) => {
  const dims = tracer.input(node, 0);
  for (const dim of dims.slice(1)) mix(dim, describe(node));
  tracer.set(node.outputs[0], dims);
};

/** Sums that zeros do not change keep the function; means and extremes do not. */
const exactReductions = ['ReduceSum', 'ReduceSumSquare', 'ReduceL1', 'ReduceL2'];

export const reduce: Rule = (tracer, node) => {
  const dims = tracer.input(node, 0);
  const axes = tracer.numbers(node, 'axes', 1);
  if (axes === 'computed') throw new Stop(`${describe(node)} computes its axes`);
  const none = axes === undefined || axes.length === 0;
  if (none && attributeInt(node, 'noop_with_empty_axes', 0) === 1)
    return tracer.set(node.outputs[0], dims);
  const over = new Set(none ? dims.keys() : axes.map((axis) => axisOf(axis, dims.length)));
  const blocks = ['ReduceProd', 'ReduceLogSum', 'ReduceLogSumExp'].includes(node.opType);
  for (const axis of over) {
    const dim = dims[axis];
    if (dim === undefined) continue;
    if (blocks) block(dim, `${describe(node)} reduces over its channels`);
    else if (!exactReductions.includes(node.opType)) mix(dim, describe(node));
  }
  reduced(tracer, node, dims, over);
};

/** The largest of the channels is named by its number. */
export const argument: Rule = (tracer, node) => {
  const dims = tracer.input(node, 0);
  const axis = axisOf(attributeInt(node, 'axis', 0), dims.length);
  const along = dims[axis];
  if (along !== undefined) block(along, `${describe(node)} numbers its channels`);
  reduced(tracer, node, dims, new Set([axis]));
};

function reduced(
  tracer: Parameters<Rule>[0],
  node: Parameters<Rule>[1],
  dims: ReturnType<typeof tracer.input>,
  over: ReadonlySet<number>,
): void {
  const keeps = attributeInt(node, 'keepdims', 1) === 1;
  tracer.set(
    node.outputs[0],
    dims.flatMap((dim, axis) => (over.has(axis) ? (keeps ? [single] : []) : [dim])),
  );
}
