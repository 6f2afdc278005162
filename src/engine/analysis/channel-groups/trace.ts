import { subgraphsOf, type Model, type Node, type Value } from '../../graph/index.ts';
import type { ShapeMap } from '../../runtime/index.ts';
import { block, isBlocked, leavesOf, resolve, type Dim } from './dim.ts';
import { ruleOf, takesLengths } from './rules/table.ts';
import { SizeAlgebra, sizesIn } from './size-expression.ts';
import { describe, isConstantNode, Stop, Tracer } from './tracer.ts';

/** Walks the graph once, in order, and returns what was found about every axis. */
export function trace(model: Model, shapes: ShapeMap): Tracer {
  const tracer = new Tracer(model, shapes);
  for (const node of model.graph.nodes) if (!isConstantNode(node)) visit(tracer, node);
  for (const output of model.graph.outputs) {
    for (const dim of tracer.dims.get(output) ?? [])
      block(dim, 'its output is an output of the model');
    blockSizes(tracer, output, 'its number is an output of the model');
  }
  for (const value of tracer.dims.keys())
    for (const { node } of value.uses)
      if (node.graph !== model.graph)
        for (const dim of tracer.of(value))
          block(dim, `it is read inside a subgraph by ${describe(node)}`);
  checkClaims(tracer);
  return tracer;
}

function visit(tracer: Tracer, node: Node): void {
  if (!tracer.integers.follow(node)) {
    for (const [index, value] of node.inputs.entries())
      if (value !== undefined && !takesLengths(node, index))
        blockSizes(tracer, value, `${describe(node)} computes with their number`);
    try {
      const rule = subgraphsOf(node).length > 0 ? undefined : ruleOf(node);
      if (rule === undefined)
        throw new Stop(`${describe(node)} is not known to pass its channels on one by one`);
      rule(tracer, node);
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      giveUp(tracer, node, error.reason);
    }
  }
  for (const output of node.outputs)
    if (output !== undefined && !tracer.dims.has(output))
      forget(tracer, output, `${describe(node)} makes it anew`);
}

function giveUp(tracer: Tracer, node: Node, reason: string): void {
  for (const [index, value] of node.inputs.entries()) {
    if (value === undefined || takesLengths(node, index)) continue;
    for (const dim of tracer.inputIfKnown(node, index)) block(dim, reason);
  }
  for (const [index, value] of node.inputs.entries())
    if (value !== undefined && takesLengths(node, index)) blockSizes(tracer, value, reason);
  for (const output of node.outputs) {
    if (output === undefined) continue;
    for (const dim of tracer.dims.get(output) ?? []) block(dim, reason);
    forget(tracer, output, reason);
  }
}

/** Axes of its own; none where even the rank is unknown, which stops whoever reads it. */
function forget(tracer: Tracer, value: Value, reason: string): void {
  if (tracer.shapeIfKnown(value) === undefined) tracer.dims.delete(value);
  else tracer.dims.set(value, tracer.fresh(value, reason));
}

/** What is computed from the length of an axis other than the shape of something keeps that axis whole. */
function blockSizes(tracer: Tracer, value: Value, reason: string): void {
  for (const expression of tracer.integers.sizesRead(value))
    for (const dim of sizesIn(expression)) block(dim, reason);
}

function checkClaims(tracer: Tracer): void {
  const algebra = new SizeAlgebra();
  for (const { expression, dim, reason } of tracer.claims) {
    if (algebra.always(expression, dim)) continue;
    block(dim, reason);
    for (const read of sizesIn(expression)) block(read, reason);
  }
}

/** The leaves of an axis that may lose channels, each once. */
export const freeLeaves = (dim: Dim): readonly Dim[] =>
  isBlocked(dim) ? [] : [...new Set(leavesOf(dim))].filter((leaf) => !isBlocked(resolve(leaf)));
