import type { Graph, Node, Value } from './model.ts';
import { subgraphsOf } from './read.ts';

/**
 * Nodes in topological order, as close to the present order as possible (depth-first over producers, iterative so
 * that 50,000 chained nodes do not overflow the stack). A node that holds subgraphs depends on what those read
 * from outside. Throws on a cycle: edits must not make one.
 */
export function sortTopologically(graph: Graph): Node[] {
  const own = new Set(graph.nodes);
  const state = new Map<Node, 'open' | 'done'>();
  const sorted: Node[] = [];
  const stack: { node: Node; producers: Node[]; next: number }[] = [];
  const push = (node: Node): void => {
    state.set(node, 'open');
    stack.push({ node, producers: producersOf(node, own), next: 0 });
  };
  for (const root of graph.nodes) {
    if (!state.has(root)) push(root);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const producer = top.producers[top.next++];
      if (producer === undefined) {
        state.set(top.node, 'done');
        sorted.push(top.node);
        stack.pop();
      } else if (state.get(producer) === 'open') {
        throw new Error(`the edit made a cycle through ${producer.name || producer.opType}`);
      } else if (!state.has(producer)) {
        push(producer);
      }
    }
  }
  return sorted;
}

function producersOf(node: Node, own: ReadonlySet<Node>): Node[] {
  const found: Node[] = [];
  const visit = (value: Value | undefined): void => {
    if (value?.producer !== undefined && own.has(value.producer)) found.push(value.producer);
  };
  const walk = (graph: Graph): void => {
    for (const inner of graph.nodes) {
      inner.inputs.forEach(visit);
      subgraphsOf(inner).forEach(walk);
    }
    graph.outputs.forEach(visit);
  };
  node.inputs.forEach(visit);
  subgraphsOf(node).forEach(walk);
  return found;
}
