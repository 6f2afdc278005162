import type { Tensor } from '../tensor/index.ts';
import type { Draft, Mutable, MutableGraph } from './copy.ts';
import { deadParts } from './dead-parts.ts';
import type { ModelEdit, NodeOptions } from './edit.ts';
import type { Attribute, Graph, LocalFunction, Model, Node, Value, ValueType } from './model.ts';
import { newValue } from './new-value.ts';
import { NodeLists } from './node-lists.ts';
import { allGraphs, subgraphsOf, subgraphsIn } from './read.ts';
import { sortTopologically } from './sort.ts';
import { UseLists } from './use-lists.ts';
import { assertValid } from './verify.ts';

/** The edits of edit.ts on a draft. Every one takes time for what it changes, not for the size of the model. */
export class Editor implements ModelEdit {
  readonly #draft: Draft;
  readonly #names = new Set<string>();
  /** The next number to try for a base name. */
  readonly #suffixes = new Map<string, number>();
  readonly #uses = new UseLists();
  readonly #nodes = new NodeLists();
  /** The graphs each value is an output of; made when asked for. */
  #outputsOf: Map<Value, Graph[]> | undefined;

  constructor(draft: Draft) {
    this.#draft = draft;
    for (const graph of allGraphs(draft.model.graph)) {
      for (const value of [...graph.inputs, ...graph.constants]) this.#names.add(value.name);
      for (const node of graph.nodes) {
        if (node.name !== '') this.#names.add(node.name);
        for (const output of node.outputs) if (output) this.#names.add(output.name);
      }
    }
  }

  get model(): Model {
    return this.#draft.model;
  }

  get #graph(): MutableGraph {
    return this.#draft.model.graph as MutableGraph;
  }

  value(value: Value): Value {
    return this.#draft.values.get(value) ?? value;
  }

  node(node: Node): Node {
    return this.#draft.nodes.get(node) ?? node;
  }

  freshName(base: string): string {
    let name = base;
    let suffix = this.#suffixes.get(base) ?? 1;
    for (; this.#names.has(name); suffix++) name = `${base}_${suffix}`;
    if (name !== base) this.#suffixes.set(base, suffix);
    this.#names.add(name);
    return name;
  }

  addInput(name: string, type: ValueType): Value {
    const value = newValue(this.freshName(name), type);
    this.#graph.inputs.push(value);
    return value;
  }

  removeInput(value: Value): void {
    const inputs = this.#graph.inputs;
    const at = inputs.indexOf(this.value(value));
    if (at >= 0) inputs.splice(at, 1);
  }

  addOutput(value: Value): void {
    this.#graph.outputs.push(this.value(value));
    this.#outputsOf = undefined;
  }

  setOutputs(values: readonly Value[]): void {
    this.#graph.outputs = values.map((value) => this.value(value));
    this.#outputsOf = undefined;
  }

  addConstant(name: string, tensor: Tensor): Value {
    const value = newValue(this.freshName(name), undefined);
    value.constant = tensor;
    this.#graph.constants.push(value);
    // Before version 4 of the format every initializer was an input, too.
    if (this.model.irVersion < 4) this.setIrVersion(4);
    return value;
  }

  setConstant(value: Value, tensor: Tensor): void {
    const target = this.value(value) as Mutable<Value>;
    if (target.constant === undefined && target.sparse === undefined)
      throw new Error(`${target.name} is not a constant`);
    target.constant = tensor;
    delete target.sparse;
    if (target.type !== undefined)
      target.type = { kind: 'tensor', dtype: tensor.dtype, dims: tensor.dims };
  }

  addNode(opType: string, inputs: readonly (Value | undefined)[], options: NodeOptions = {}): Node {
    const graph = (options.graph ?? this.#graph) as MutableGraph;
    const outputs = options.outputs ?? 1;
    const names =
      typeof outputs === 'number'
        ? Array.from(
            { length: outputs },
            (_, i) => `${options.name ?? opType}_out${i === 0 ? '' : i}`,
          )
        : outputs;
    const node: Mutable<Node> & { inputs: (Value | undefined)[]; outputs: (Value | undefined)[] } =
      {
        opType,
        domain: options.domain ?? '',
        name: this.freshName(options.name ?? opType),
        inputs: [],
        outputs: names.map((name) =>
          name === '' ? undefined : newValue(this.freshName(name), undefined),
        ),
        attributes: new Map(Object.entries(options.attributes ?? {})),
        graph,
      };
    for (const output of node.outputs) if (output) (output as Mutable<Value>).producer = node;
    this.#nodes.push(graph, node);
    if (subgraphsOf(node).length > 0) this.#outputsOf = undefined;
    inputs.forEach((input, index) => {
      node.inputs.push(undefined);
      this.setInput(node, index, input);
    });
    return node;
  }

  op(
    opType: string,
    inputs: readonly (Value | undefined)[],
    attributes?: Readonly<Record<string, Attribute>>,
  ): Value {
    return this.addNode(opType, inputs, attributes === undefined ? {} : { attributes })
      .outputs[0] as Value;
  }

  setInput(node: Node, index: number, value: Value | undefined): void {
    const target = this.node(node);
    const inputs = target.inputs as (Value | undefined)[];
    const before = inputs[index];
    if (before) this.#uses.remove(before, target, index);
    while (inputs.length < index) inputs.push(undefined);
    const after = value === undefined ? undefined : this.value(value);
    inputs[index] = after;
    if (after) this.#uses.add(after, { node: target, index });
    while (inputs.length > 0 && inputs.at(-1) === undefined) inputs.pop();
  }

  setAttribute(node: Node, name: string, attribute: Attribute | undefined): void {
    // Attributes are shared with the model this one was copied from.
    const target = this.node(node) as Mutable<Node>;
    const attributes = new Map(target.attributes);
    target.attributes = attributes;
    const before = subgraphsIn(attributes.get(name));
    const after = subgraphsIn(attribute);
    for (const graph of before) if (!after.includes(graph)) this.#dropReadsInside(graph);
    if (before.length > 0 || after.length > 0) this.#outputsOf = undefined;
    if (attribute === undefined) attributes.delete(name);
    else attributes.set(name, attribute);
  }

  setType(value: Value, type: ValueType | undefined): void {
    (this.value(value) as Mutable<Value>).type = type;
  }

  setOpset(domain: string, version: number): void {
    (this.model.opsets as Map<string, number>).set(domain, version);
  }

  setIrVersion(version: number): void {
    (this.model as Mutable<Model>).irVersion = version;
  }

  addFunction(fn: LocalFunction): void {
    const { functions } = this.model;
    const known = functions.some(
      ({ domain, name, overload }) =>
        domain === fn.domain && name === fn.name && overload === fn.overload,
    );
    if (!known) (this.model as Mutable<Model>).functions = [...functions, fn];
  }

  setMetadata(key: string, text: string): void {
    (this.model.metadata as Map<string, string>).set(key, text);
  }

  rename(value: Value, name: string): void {
    const target = this.value(value) as Mutable<Value>;
    this.#names.delete(target.name);
    target.name = this.freshName(name);
  }

  renameNode(node: Node, name: string): void {
    (this.node(node) as Mutable<Node>).name = name;
    this.#names.add(name);
  }

  replaceUses(old: Value, by: Value, except: readonly Node[] = []): void {
    const from = this.value(old) as Mutable<Value>;
    const to = this.value(by) as Mutable<Value>;
    const kept = new Set(except.map((node) => this.node(node)));
    for (const use of [...from.uses])
      if (!kept.has(use.node)) this.setInput(use.node, use.index, to);
    const graphs = this.#outputs().get(from);
    if (graphs === undefined) return;
    const name = from.name;
    from.name = this.freshName(`${name}_before`);
    to.name = name;
    to.type = to.type ?? from.type;
    for (const graph of graphs) {
      const outputs = graph.outputs as Value[];
      outputs.forEach((output, i) => {
        if (output === from) outputs[i] = to;
      });
    }
    this.#outputsOf = undefined;
  }

  removeNode(node: Node): void {
    const target = this.node(node);
    for (const output of target.outputs) {
      if (output && (output.uses.length > 0 || this.#outputs().has(output)))
        throw new Error(`${target.name} cannot be removed: ${output.name} is read`);
    }
    if (subgraphsOf(target).length > 0) this.#outputsOf = undefined;
    this.#dropReads(target);
    this.#nodes.drop(target);
  }

  removeDead(): number {
    const { nodes, constants, affected } = deadParts(this.#graph);
    for (const value of affected) {
      (value as Mutable<Value>).uses = value.uses.filter((use) => !nodes.has(use.node));
      this.#uses.forget(value);
    }
    let removed = 0;
    for (const graph of [...allGraphs(this.#graph)]) {
      const mutable = graph as MutableGraph;
      const counted = graph.nodes.length + graph.constants.length;
      mutable.nodes = graph.nodes.filter((node) => !nodes.has(node));
      mutable.constants = graph.constants.filter((value) => !constants.has(value));
      removed += counted - mutable.nodes.length - mutable.constants.length;
    }
    if (removed > 0) this.#outputsOf = undefined;
    return removed;
  }

  finish(): Model {
    this.#nodes.release();
    for (const graph of allGraphs(this.#graph)) {
      const mutable = graph as MutableGraph;
      mutable.nodes = sortTopologically(graph);
      const present = new Set<Value>([...graph.inputs, ...graph.constants]);
      for (const node of graph.nodes)
        for (const output of node.outputs) if (output) present.add(output);
      mutable.annotated = graph.annotated.filter(
        (value) => present.has(value) && value.type !== undefined,
      );
    }
    assertValid(this.model);
    return this.model;
  }

  #outputs(): ReadonlyMap<Value, Graph[]> {
    if (this.#outputsOf !== undefined) return this.#outputsOf;
    const found = new Map<Value, Graph[]>();
    for (const graph of allGraphs(this.#graph)) {
      for (const output of new Set(graph.outputs)) {
        const graphs = found.get(output);
        if (graphs === undefined) found.set(output, [graph]);
        else graphs.push(graph);
      }
    }
    this.#outputsOf = found;
    return found;
  }

  /** The node and the nodes inside it read nothing any more. */
  #dropReads(node: Node): void {
    node.inputs.forEach((input, index) => {
      if (input) this.#uses.remove(input, node, index);
    });
    for (const graph of subgraphsOf(node)) this.#dropReadsInside(graph);
  }

  #dropReadsInside(graph: Graph): void {
    for (const node of graph.nodes) this.#dropReads(node);
  }
}
