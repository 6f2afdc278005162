import type { Attribute, Graph, Model, Node, Value } from './model.ts';

/** Small readers of the IR: the questions every method asks of a node. */

const decoder = new TextDecoder();

export function attributeInt(node: Node, name: string, fallback: number): number {
  const attribute = node.attributes.get(name);
  return attribute?.kind === 'int' ? Number(attribute.value) : fallback;
}

export function attributeInts(node: Node, name: string): number[] | undefined {
  const attribute = node.attributes.get(name);
  return attribute?.kind === 'ints' ? attribute.value.map(Number) : undefined;
}

export function attributeFloat(node: Node, name: string, fallback: number): number {
  const attribute = node.attributes.get(name);
  return attribute?.kind === 'float' ? attribute.value : fallback;
}

export function attributeString(node: Node, name: string, fallback: string): string {
  const attribute = node.attributes.get(name);
  return attribute?.kind === 'string' ? decoder.decode(attribute.value) : fallback;
}

export const intAttribute = (value: number | bigint): Attribute => ({ kind: 'int', value });
export const intsAttribute = (value: readonly (number | bigint)[]): Attribute => ({
  kind: 'ints',
  value,
});
export const floatAttribute = (value: number): Attribute => ({ kind: 'float', value });
export const stringAttribute = (value: string): Attribute => ({
  kind: 'string',
  value: new TextEncoder().encode(value),
});

/** True for an operator of the default ONNX domain. */
export const isOp = (node: Node | undefined, ...opTypes: string[]): node is Node =>
  node !== undefined && node.domain === '' && opTypes.includes(node.opType);

/** The graphs an attribute holds. */
export function subgraphsIn(attribute: Attribute | undefined): readonly Graph[] {
  if (attribute?.kind === 'graph') return [attribute.value];
  return attribute?.kind === 'graphs' ? attribute.value : none;
}

const none: readonly Graph[] = [];

/** The subgraphs a node holds in its attributes (If, Loop, Scan, custom). */
export function subgraphsOf(node: Node): readonly Graph[] {
  let found: Graph[] | undefined;
  for (const attribute of node.attributes.values())
    for (const graph of subgraphsIn(attribute)) (found ??= []).push(graph);
  return found ?? none;
}

/** Every node, subgraphs included, each before the nodes inside it. */
export function* allNodes(graph: Graph): Generator<Node> {
  for (const node of graph.nodes) {
    yield node;
    for (const sub of subgraphsOf(node)) yield* allNodes(sub);
  }
}

/** Every graph of the model: the main one first. */
export function* allGraphs(graph: Graph): Generator<Graph> {
  yield graph;
  for (const node of graph.nodes) for (const sub of subgraphsOf(node)) yield* allGraphs(sub);
}

/** True when the value is an output of the main graph or leaves a subgraph. */
export const isGraphOutput = (graph: Graph, value: Value): boolean => graph.outputs.includes(value);

/** Inputs the caller has to give: those without a default. */
export const requiredInputs = (model: Model): Value[] =>
  model.graph.inputs.filter((input) => input.constant === undefined);
