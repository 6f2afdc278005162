import { attributeInt, type Node } from '../../../graph/index.ts';
import { block, makeDim, single, type Dim } from '../dim.ts';
import type { SizeExpression } from '../size-expression.ts';
import { describe, made, Stop, type Tracer } from '../tracer.ts';
import type { Rule } from './rule.ts';

/** Position by position, with broadcasting; every input there is. */
export const elementwise: Rule = (tracer, node) => {
  const [output] = node.outputs;
  tracer.set(
    output,
    broadcast(
      tracer,
      node,
      node.inputs.map((_, i) => i),
      tracer.shape(output).length,
    ),
  );
};

/** Input 0 only; the others are bounds, ratios and the like. */
export const firstOnly: Rule = (tracer, node) => {
  for (const output of node.outputs) tracer.set(output, tracer.input(node, 0));
};

/** Axes of the broadcast of some inputs, aligned at the last axis. */
export function broadcast(
  tracer: Tracer,
  node: Node,
  inputs: readonly number[],
  rank: number,
): readonly Dim[] {
  const found: (Dim | undefined)[] = Array.from({ length: rank });
  for (const index of inputs) {
    if (!tracer.has(node, index)) continue;
    const dims = tracer.input(node, index);
    if (dims.length > rank) throw new Stop(`${describe(node)} removes an axis`);
    for (const [axis, dim] of dims.entries()) {
      if (dim.size === 1) continue;
      const at = axis + rank - dims.length;
      const before = found[at];
      if (before === undefined) found[at] = dim;
      else if (before.size === dim.size) tracer.unify(before, dim);
      else throw new Stop(`${describe(node)} joins axes of different lengths`);
    }
  }
  return found.map((dim) => dim ?? single);
}

/** The scale and zero point of each slice go with it. */
export const quantize: Rule = (tracer, node) => {
  const dims = tracer.input(node, 0);
  if (attributeInt(node, 'block_size', 0) !== 0)
    throw new Stop(`${describe(node)} has a scale for each block`);
  const axis = attributeInt(node, 'axis', 1);
  const along = dims[axis < 0 ? axis + dims.length : axis];
  for (const index of [1, 2]) {
    if (!tracer.has(node, index)) continue;
    const [slice] = tracer.input(node, index);
    if (slice === undefined || slice.size === 1) continue;
    if (along === undefined) throw new Stop(`${describe(node)} has scales along no axis`);
    tracer.unify(along, slice);
  }
  tracer.set(node.outputs[0], dims);
};

/** Channels pass; the places are made anew: pools over all axes after the second. */
export const pool: Rule = (tracer, node) => {
  const [batch, channels, ...places] = tracer.input(node, 0);
  for (const dim of places) block(dim, `${describe(node)} runs along it`);
  const indices = node.outputs[1];
  if (indices !== undefined && indices.uses.length > 0)
    throw new Stop(`${describe(node)} also gives places, counted over all channels`);
  const [output] = node.outputs;
  const shape = tracer.shape(output);
  if (batch === undefined || channels === undefined)
    throw new Stop(`${describe(node)} has no channels`);
  tracer.set(output, [batch, channels, ...shape.slice(2).map((size) => made(size, node))]);
};

/** Where the target is a number the repeated axis is as free as a stored one. */
export const expand: Rule = (tracer, node) => {
  const dims = tracer.input(node, 0);
  const [output] = node.outputs;
  const shape = tracer.shape(output);
  const target = node.inputs[1];
  const entries = target === undefined ? undefined : tracer.integers.of(target)?.items;
  if (entries === undefined) throw new Stop(`${describe(node)} computes its shape`);
  const after = shape.map((size, axis): Dim => {
    const own = dims[axis - (shape.length - dims.length)];
    if (own !== undefined && own.size === size) return own;
    const entry = entries[axis - (shape.length - entries.length)];
    return entry?.kind === 'number' ? makeDim(size) : made(size, node);
  });
  claimTarget(tracer, node, 1, entries, after.slice(shape.length - entries.length));
  tracer.set(output, after);
};

/** A vector of lengths must come out as the axes it names, or be written anew. */
export function claimTarget(
  tracer: Tracer,
  node: Node,
  index: number,
  entries: readonly SizeExpression[],
  dims: readonly Dim[],
): void {
  for (const [i, expression] of entries.entries()) {
    const dim = dims[i];
    if (dim === undefined || expression.kind === 'number') continue;
    tracer.claims.push({ expression, dim, reason: `${describe(node)} computes its shape` });
  }
  tracer.fixes.push({ kind: 'target', node, index, entries, dims });
}
