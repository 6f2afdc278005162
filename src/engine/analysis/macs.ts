import { allNodes, subgraphsOf, type Model, type Node } from '../graph/index.ts';
import type { ShapeMap } from '../runtime/index.ts';
import { body } from './mac-rules.ts';
import { macRule } from './macs-table.ts';

/**
 * Multiply–accumulates of one run with the shapes that were measured (so per batch of the size that was fed: normally 1). FLOPs
 * are twice as many. Conventions in mac-rules.ts and macs-table.ts.
 */
export interface MacCount {
  /** Exact when `unknown` is empty, else a lower bound. */
  readonly total: number;
  /** Nodes of the main graph with a known count, zeros included. */
  readonly byNode: ReadonlyMap<Node, number>;
  /** Nodes whose count is not known: custom operators and functions, control flow around arithmetic, shapes that were not measured. */
  readonly unknown: readonly Node[];
}

export function countMacs(model: Model, shapes: ShapeMap): MacCount {
  const byNode = new Map<Node, number>();
  const unknown: Node[] = [];
  let total = 0;
  for (const node of model.graph.nodes) {
    const macs = nodeMacs(node, shapes);
    if (macs === undefined) unknown.push(node);
    else {
      byNode.set(node, macs);
      total += macs;
    }
  }
  return { total, byNode, unknown };
}

/** Multiply–accumulates of one node; undefined when they are not known. */
export function nodeMacs(node: Node, shapes: ShapeMap): number | undefined {
  const rule = macRule(node.domain, node.opType);
  if (rule === undefined) return undefined;
  return rule === body ? macsOfBodies(node) : rule(node, shapes);
}

/** 0 when every node inside counts 0 whatever its shapes; undefined otherwise. */
function macsOfBodies(node: Node): number | undefined {
  const nothing: ShapeMap = new Map();
  for (const graph of subgraphsOf(node))
    for (const inner of allNodes(graph)) {
      const rule = macRule(inner.domain, inner.opType);
      if (rule === undefined || (rule !== body && rule(inner, nothing) !== 0)) return undefined;
    }
  return 0;
}
