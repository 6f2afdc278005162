import type { Graph, Node, Value } from './model.ts';
import { allGraphs, subgraphsOf } from './read.ts';

/** What reaches no output of the main graph. */
export interface DeadParts {
  /** With the nodes inside them. */
  readonly nodes: ReadonlySet<Node>;
  readonly constants: ReadonlySet<Value>;
  /** Values that dead nodes read. */
  readonly affected: ReadonlySet<Value>;
}

/**
 * Mark and sweep from the main graph's outputs: a node is alive when something alive reads it; the subgraphs of a living
 * node keep what their own outputs need. Constants that are graph inputs stay, the caller may give them.
 */
export function deadParts(main: Graph): DeadParts {
  const alive = markAlive(main);
  const nodes = new Set<Node>();
  const affected = new Set<Value>();
  const kill = (node: Node): void => {
    nodes.add(node);
    for (const input of node.inputs) if (input) affected.add(input);
    for (const graph of subgraphsOf(node)) graph.nodes.forEach(kill);
  };
  const graphs = [...allGraphs(main)];
  for (const graph of graphs)
    for (const node of graph.nodes) if (!alive.has(node) && !nodes.has(node)) kill(node);
  const constants = new Set<Value>();
  for (const graph of graphs) {
    const kept = new Set([...graph.inputs, ...graph.outputs]);
    for (const value of graph.constants)
      if (!kept.has(value) && value.uses.every((use) => nodes.has(use.node))) constants.add(value);
  }
  for (const graph of graphs)
    for (const output of graph.outputs) if (constants.has(output)) constants.delete(output);
  return { nodes, constants, affected };
}

function markAlive(main: Graph): Set<Node> {
  const alive = new Set<Node>();
  const open: Node[] = [];
  const mark = (value: Value | undefined): void => {
    const producer = value?.producer;
    if (producer === undefined || alive.has(producer)) return;
    alive.add(producer);
    open.push(producer);
  };
  main.outputs.forEach(mark);
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    node.inputs.forEach(mark);
    for (const graph of subgraphsOf(node)) graph.outputs.forEach(mark);
  }
  return alive;
}
