import type { Attribute, Graph, Model, Node, Use, Value } from './model.ts';

export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

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

function copyGraph(graph: Graph, values: Map<Value, Value>, nodes: Map<Node, Node>): Graph {
  const copyValue = (value: Value): Value => {
    let copy = values.get(value);
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
  target.nodes = graph.nodes.map((node) => {
    const made: Mutable<Node> = { ...node, graph: target };
    nodes.set(node, made);
    made.attributes = new Map(
      [...node.attributes].map(([name, attribute]) => [
        name,
        copyAttribute(attribute, values, nodes),
      ]),
    );
    made.inputs = node.inputs.map((input, index) => {
      if (input === undefined) return undefined;
      const copy = copyValue(input);
      (copy.uses as Use[]).push({ node: made, index });
      return copy;
    });
    made.outputs = node.outputs.map((output) => {
      if (output === undefined) return undefined;
      const copy = copyValue(output) as Mutable<Value>;
      copy.producer = made;
      return copy;
    });
    return made;
  });
  target.outputs = graph.outputs.map(copyValue);
  target.annotated = graph.annotated.map(copyValue);
  return target;
}

function copyAttribute(
  attribute: Attribute,
  values: Map<Value, Value>,
  nodes: Map<Node, Node>,
): Attribute {
  if (attribute.kind === 'graph')
    return { ...attribute, value: copyGraph(attribute.value, values, nodes) };
  if (attribute.kind === 'graphs')
    return { ...attribute, value: attribute.value.map((graph) => copyGraph(graph, values, nodes)) };
  return attribute;
}
