import type { Graph, Model, Node, Use, Value } from './model.ts';
import { subgraphsOf } from './read.ts';

export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export type MutableGraph = Mutable<Graph> & {
  inputs: Value[];
  outputs: Value[];
  nodes: Node[];
  constants: Value[];
  annotated: Value[];
};

/** A structural copy of a model with the way from each old object to its copy. Tensors are shared. */
export interface Draft {
  readonly model: Model;
  readonly values: ReadonlyMap<Value, Value>;
  readonly nodes: ReadonlyMap<Node, Node>;
}

export function copyModel(model: Model): Draft {
  const values = new Map<Value, Value>();
  const nodes = new Map<Node, Node>();
  const copy: Mutable<Model> = {
    ...model,
    graph: copyGraph(model.graph, values, nodes),
    opsets: new Map(model.opsets),
    metadata: new Map(model.metadata),
  };
  return { model: copy, values, nodes };
}

type CopiedValue = Mutable<Value> & { uses: Use[] };

function copyGraph(graph: Graph, values: Map<Value, Value>, nodes: Map<Node, Node>): Graph {
  const copyValue = (value: Value): CopiedValue => {
    let copy = values.get(value) as CopiedValue | undefined;
    if (copy === undefined) {
      copy = { ...value, producer: undefined, uses: [] };
      values.set(value, copy);
    }
    return copy;
  };
  const target: Mutable<Graph> = {
    ...graph,
    inputs: graph.inputs.map(copyValue),
    constants: graph.constants.map(copyValue),
    outputs: [],
    nodes: [],
    annotated: [],
  };
  // Outputs of all nodes first: a node may come before its producer while a graph is being rewired.
  for (const node of graph.nodes) for (const output of node.outputs) if (output) copyValue(output);
  target.nodes = graph.nodes.map((node) => copyNode(node, target, copyValue, values, nodes));
  target.outputs = graph.outputs.map(copyValue);
  target.annotated = graph.annotated.map(copyValue);
  return target;
}

function copyNode(
  node: Node,
  graph: Graph,
  copyValue: (value: Value) => CopiedValue,
  values: Map<Value, Value>,
  nodes: Map<Node, Node>,
): Node {
  const made: Mutable<Node> = { ...node, graph };
  nodes.set(node, made);
  if (subgraphsOf(node).length > 0) made.attributes = copyGraphsIn(node.attributes, values, nodes);
  made.inputs = node.inputs.map((input, index) => {
    if (input === undefined) return undefined;
    const copy = copyValue(input);
    // Most values have one reader: a list made of it is exact, one that grew has room for sixteen more.
    if (copy.uses.length === 0) copy.uses = [{ node: made, index }];
    else copy.uses.push({ node: made, index });
    return copy;
  });
  made.outputs = node.outputs.map((output) => {
    if (output === undefined) return undefined;
    const copy = copyValue(output);
    copy.producer = made;
    return copy;
  });
  return made;
}

/** Attributes are shared between a model and its copy, except the graphs. */
function copyGraphsIn(
  attributes: Node['attributes'],
  values: Map<Value, Value>,
  nodes: Map<Node, Node>,
): Node['attributes'] {
  const copied = new Map(attributes);
  for (const [name, attribute] of attributes) {
    if (attribute.kind === 'graph')
      copied.set(name, { ...attribute, value: copyGraph(attribute.value, values, nodes) });
    else if (attribute.kind === 'graphs') {
      const value = attribute.value.map((graph) => copyGraph(graph, values, nodes));
      copied.set(name, { ...attribute, value });
    }
  }
  return copied;
}
