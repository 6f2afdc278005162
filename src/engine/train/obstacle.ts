import { subgraphsOf, type Graph, type Node, type Value } from '../graph/index.ts';
import { stopsGradient } from './gradients/stopped.ts';
import { ruleOf } from './gradients/table.ts';
import { isStraightThrough } from './straight-through.ts';

/** An operator that no gradient passes, on the way from where the loss touches the network to a weight. */
export interface TrainingObstacle {
  readonly node: Node;
  readonly detail: string;
}

/**
 * The obstacles between `weights` and `seeds`, the one nearest to the seeds first; found from the operators alone, before anything is
 * measured or built. What a rule says about a configuration (`refuse`) is not known here.
 */
export function trainingObstacles(
  nodes: readonly Node[],
  weights: readonly Value[],
  seeds: readonly Value[],
): TrainingObstacle[] {
  const wanted = wantedBy(nodes, seeds);
  const dependent = new Set<Value>(weights);
  const found: TrainingObstacle[] = [];
  for (const node of nodes) {
    if (stopsGradient(node)) continue;
    if (!readsOf(node).some((value) => dependent.has(value))) continue;
    const outputs = node.outputs.filter((output) => output !== undefined);
    for (const output of outputs) dependent.add(output);
    const detail = outputs.some((output) => wanted.has(output)) ? obstacleIn(node) : undefined;
    if (detail !== undefined) found.unshift({ node, detail });
  }
  return found;
}

function obstacleIn(node: Node): string | undefined {
  if (ruleOf(node.domain, node.opType) !== undefined) return undefined;
  const name = `${node.domain || 'ai.onnx'}.${node.opType}`;
  const graphs = subgraphsOf(node);
  return graphs.length === 0
    ? `no gradient is known for ${name}`
    : `no gradient is known for ${name}: its branches are graphs of their own`;
}

/** Everything a seed is computed from, the seeds included. */
function wantedBy(nodes: readonly Node[], seeds: readonly Value[]): Set<Value> {
  const wanted = new Set<Value>(seeds);
  for (const node of nodes.toReversed())
    if (node.outputs.some((output) => output !== undefined && wanted.has(output)))
      for (const value of learnsFrom(node)) wanted.add(value);
  return wanted;
}

/** What a node reads and a gradient may come back to: what a straight-through node only shows is not part of it. */
const learnsFrom = (node: Node): Value[] =>
  isStraightThrough(node) ? node.inputs.slice(0, 1).filter((v) => v !== undefined) : readsOf(node);

/** What a node reads, in its subgraphs too. */
function readsOf(node: Node): Value[] {
  const own = node.inputs.filter((input) => input !== undefined);
  return [...own, ...subgraphsOf(node).flatMap(readsInside)];
}

const readsInside = (graph: Graph): Value[] => [
  ...graph.outputs,
  ...graph.nodes.flatMap((node) => readsOf(node)),
];
