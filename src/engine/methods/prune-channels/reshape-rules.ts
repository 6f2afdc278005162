import { attributeInt, isOp, type Node, type Value } from '../../graph/index.ts';
import { constantOf } from '../shared/constant-of.ts';
import { integers, integersOf } from '../shared/integers-of.ts';
import { describe, Stop } from './group.ts';
import { reshapedLayout, type Layout } from './layout.ts';
import type { Rule, Visit } from './visit.ts';

/**
 * Operators that only regroup elements in row-major order, by measured shapes of their two ends; and `Shape`, through which a graph
 * may read the number of channels and compute with it.
 */
export const reshape: Rule = (visit) => {
  const { trace, node, index, value, layout } = visit;
  if (index !== 0) throw new Stop(`${describe(node)} takes its output as a shape`);
  const after = reshapedLayout(
    layout,
    trace.dims(value),
    trace.dims(node.outputs[0]),
    trace.channels,
  );
  if (after === undefined) throw new Stop(`${describe(node)} mixes its channels with another axis`);
  if (isOp(node, 'Reshape')) target(visit, after);
  trace.flow(node.outputs[0], after);
};

export const squeeze: Rule = (visit) => {
  const { node } = visit;
  if (!node.attributes.has('axes') && node.inputs[1] === undefined)
    throw new Stop(`${describe(node)} removes whatever axes have length 1`);
  reshape(visit);
};

/** The Reshape's target must come out right when the channel axis is shorter: -1 does by itself, a number is written anew. */
function target({ trace, node, layout }: Visit, after: Layout): void {
  const entries = shapeEntries(node.inputs[1]);
  const copies = attributeInt(node, 'allowzero', 0) === 0;
  for (const [axis, entry] of entries.entries()) {
    if (entry === 0 && copies && axis === layout.axis && axis !== after.axis)
      throw new Stop(`${describe(node)} copies the number of channels to another axis`);
  }
  const entry = entries[after.axis];
  if (entry === -1 || (entry === 0 && copies && after.axis === layout.axis)) return;
  if (entry === undefined || entry === 0 || constantOf(node.inputs[1]) === undefined)
    throw new Stop(`${describe(node)} computes its shape`);
  trace.lengths.push({ node, index: 1, entry: after.axis, layout: after });
}

/** Elements of a shape; undefined where one is computed (a Concat of single numbers is read through). */
function shapeEntries(shape: Value | undefined): (number | undefined)[] {
  const constant = constantOf(shape);
  if (constant !== undefined) return integers(constant);
  const node = shape?.producer;
  if (!isOp(node, 'Concat')) return [];
  return node.inputs.flatMap((part): (number | undefined)[] => {
    const fixed = constantOf(part);
    if (fixed !== undefined) return integers(fixed);
    return isOp(part?.producer, 'Unsqueeze') ? [undefined] : unknownPart;
  });
}
/** A part of unknown length: whatever comes after it cannot be placed, so it ends past any axis. */
const unknownPart: undefined[] = Array.from({ length: 16 }, () => undefined);

/** Harmless as long as nobody reads the length of the channel axis from it. */
export const shapeOf: Rule = ({ trace, node, layout, value }) => {
  const rank = trace.dims(value).length;
  const start = attributeInt(node, 'start', 0);
  const offset = start < 0 ? start + rank : start;
  const output = node.outputs[0];
  if (output === undefined || node.graph.outputs.includes(output))
    throw new Stop('the number of its channels is an output of the model');
  for (const use of output.uses) {
    const read =
      use.node.graph === node.graph ? readPlaces(use.node, use.index, rank - offset) : undefined;
    if (read === undefined || read.some((place) => place + offset === layout.axis))
      throw new Stop(`the number of its channels is read by ${describe(use.node)}`);
  }
};

/** Which elements of a shape vector of `length` a Gather or Slice picks; undefined: not known. */
function readPlaces(node: Node, index: number, length: number): number[] | undefined {
  if (index !== 0) return undefined;
  const fromEnd = (place: number): number => (place < 0 ? place + length : place);
  if (node.opType === 'Gather' && node.domain === '') {
    const picked = constantOf(node.inputs[1]);
    return picked === undefined ? undefined : integers(picked).map(fromEnd);
  }
  if (node.opType !== 'Slice' || node.domain !== '' || node.inputs[4] !== undefined)
    return undefined;
  const starts = integersOf(node, 'starts', 1);
  const ends = integersOf(node, 'ends', 2);
  if (!Array.isArray(starts) || !Array.isArray(ends)) return undefined;
  const from = fromEnd(starts[0] as number);
  const to = Math.min(fromEnd(ends[0] as number), length);
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}
