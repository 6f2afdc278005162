import type { Tensor } from '../tensor/index.ts';
import { copyModel, type Draft, type Mutable } from './copy.ts';
import type { Attribute, Graph, Model, Node, Use, Value, ValueType } from './model.ts';
import { allGraphs } from './read.ts';
import { sortTopologically } from './sort.ts';
import { assertValid } from './verify.ts';

/**
 * Safe edits. `edit(model, change)` copies the structure (never the weights), lets `change` rewire the copy,
 * sorts the nodes, verifies, and returns a new Model; the old one is untouched. Inside `change`, objects of the old model may be
 * passed wherever a Node or Value is asked for: they are translated to their copies.
 */
export interface ModelEdit {
  readonly model: Model;
  /** The copy of a Value or Node of the old model (or the object itself when it already belongs to the copy). */
  value(value: Value): Value;
  node(node: Node): Node;
  addInput(name: string, type: ValueType): Value;
  removeInput(value: Value): void;
  addOutput(value: Value): void;
  setOutputs(values: readonly Value[]): void;
  /** A new initializer; the name is made unique. */
  addConstant(name: string, tensor: Tensor): Value;
  setConstant(value: Value, tensor: Tensor): void;
  addNode(opType: string, inputs: readonly (Value | undefined)[], options?: NodeOptions): Node;
  /** `addNode` for the common case of one output: returns that output. */
  op(
    opType: string,
    inputs: readonly (Value | undefined)[],
    attributes?: Readonly<Record<string, Attribute>>,
  ): Value;
  setInput(node: Node, index: number, value: Value | undefined): void;
  setAttribute(node: Node, name: string, attribute: Attribute | undefined): void;
  setType(value: Value, type: ValueType | undefined): void;
  setOpset(domain: string, version: number): void;
  setIrVersion(version: number): void;
  setMetadata(key: string, text: string): void;
  rename(value: Value, name: string): void;
  /** The caller sees to it that node names stay unique. */
  renameNode(node: Node, name: string): void;
  /**
   * Every reader of `old` reads `by` instead, except the nodes in `except`. A graph output keeps its name: `by` takes
   * the name over and `old` gets a fresh one.
   */
  replaceUses(old: Value, by: Value, except?: readonly Node[]): void;
  /** Removes a node whose outputs nobody reads; throws otherwise. */
  removeNode(node: Node): void;
  /** Removes nodes and initializers that reach no output, until none is left. Returns how many went. */
  removeDead(): number;
  freshName(base: string): string;
}

export interface NodeOptions {
  readonly domain?: string;
  readonly name?: string;
  /** Names of the outputs, or how many (names are made up). Default 1. */
  readonly outputs?: number | readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** The graph the node goes to: the main graph by default. */
  readonly graph?: Graph;
}

export function edit(model: Model, change: (edit: ModelEdit) => void): Model {
  const editor = new Editor(copyModel(model));
  change(editor);
  return editor.finish();
}

type MutableGraph = Mutable<Graph> & {
  inputs: Value[];
  outputs: Value[];
  nodes: Node[];
  constants: Value[];
  annotated: Value[];
};

class Editor implements ModelEdit {
  readonly #draft: Draft;
  readonly #names = new Set<string>();

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
    for (let i = 1; this.#names.has(name); i++) name = `${base}_${i}`;
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
  }

  setOutputs(values: readonly Value[]): void {
    this.#graph.outputs = values.map((value) => this.value(value));
  }

  addConstant(name: string, tensor: Tensor): Value {
    const value = newValue(this.freshName(name), undefined);
    value.constant = tensor;
    this.#graph.constants.push(value);
    return value;
  }

  setConstant(value: Value, tensor: Tensor): void {
    const target = this.value(value) as Mutable<Value>;
    if (target.constant === undefined) throw new Error(`${target.name} is not a constant`);
    target.constant = tensor;
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
    graph.nodes.push(node);
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
    if (before) {
      const uses = before.uses as Use[];
      const at = uses.findIndex((use) => use.node === target && use.index === index);
      if (at >= 0) uses.splice(at, 1);
    }
    while (inputs.length < index) inputs.push(undefined);
    const after = value === undefined ? undefined : this.value(value);
    inputs[index] = after;
    if (after) (after.uses as Use[]).push({ node: target, index });
    while (inputs.length > 0 && inputs.at(-1) === undefined) inputs.pop();
  }

  setAttribute(node: Node, name: string, attribute: Attribute | undefined): void {
    const attributes = this.node(node).attributes as Map<string, Attribute>;
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
    for (const graph of allGraphs(this.#graph)) {
      const outputs = graph.outputs as Value[];
      outputs.forEach((output, i) => {
        if (output !== from) return;
        const name = from.name;
        from.name = this.freshName(`${name}_before`);
        to.name = name;
        to.type = to.type ?? from.type;
        outputs[i] = to;
      });
    }
  }

  removeNode(node: Node): void {
    const target = this.node(node);
    for (const output of target.outputs) {
      if (output && (output.uses.length > 0 || this.#isOutput(output)))
        throw new Error(`${target.name} cannot be removed: ${output.name} is read`);
    }
    target.inputs.forEach((input, index) => {
      if (input)
        (input.uses as Use[]).splice(
          input.uses.findIndex((use) => use.node === target && use.index === index),
          1,
        );
    });
    const nodes = target.graph.nodes as Node[];
    nodes.splice(nodes.indexOf(target), 1);
  }

  removeDead(): number {
    let removed = 0;
    const outputs = new Set<Value>();
    for (const graph of allGraphs(this.#graph))
      for (const output of graph.outputs) outputs.add(output);
    for (let again = true; again; ) {
      again = false;
      for (const graph of allGraphs(this.#graph)) {
        for (const node of [...graph.nodes].reverse()) {
          if (
            node.outputs.some((output) => output && (output.uses.length > 0 || outputs.has(output)))
          )
            continue;
          this.removeNode(node);
          removed++;
          again = true;
        }
      }
    }
    for (const graph of allGraphs(this.#graph)) {
      const inputs = new Set(graph.inputs);
      const alive = graph.constants.filter(
        (value) => value.uses.length > 0 || outputs.has(value) || inputs.has(value),
      );
      removed += graph.constants.length - alive.length;
      (graph as MutableGraph).constants = alive;
    }
    return removed;
  }

  finish(): Model {
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

  #isOutput(value: Value): boolean {
    for (const graph of allGraphs(this.#graph)) if (graph.outputs.includes(value)) return true;
    return false;
  }
}

export function newValue(
  name: string,
  type: ValueType | undefined,
): Mutable<Value> & { uses: Use[] } {
  return { name, type, producer: undefined, uses: [], constant: undefined };
}
