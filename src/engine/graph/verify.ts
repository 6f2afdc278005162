import { EngineError } from '../core/index.ts';
import { elementCount, packedBytes, tensorByteLength } from '../tensor/index.ts';
import type { Graph, Model, Node, Value } from './model.ts';
import { allNodes, allGraphs, subgraphsOf } from './read.ts';

/** One thing that is wrong with a graph, and where. */
export interface Problem {
  readonly where: string;
  readonly detail: string;
}

/**
 * Checks the invariants every pass and method may rely on: every input is produced before it is read (or given, or
 * constant, or from an outer graph) and its name means that very value where it is read; outputs are produced; names are
 * unique in their graph, and what nodes make also against outer graphs (an inner input may hide an outer name, as ONNX
 * allows); links in both directions agree; tensor bytes match their dims; every domain used has an opset version.
 * Linear in the size of the model.
 */
export function verify(model: Model): Problem[] {
  return new Verifier(model).problems();
}

export function assertValid(model: Model): void {
  const [first] = verify(model);
  if (first !== undefined) throw new EngineError('graph/invalid', first);
}

/** Names visible in a graph, so far. */
class Scope {
  readonly #values = new Map<string, Value>();
  readonly #outer: Scope | undefined;

  constructor(outer: Scope | undefined) {
    this.#outer = outer;
  }

  own(name: string): Value | undefined {
    return this.#values.get(name);
  }

  outer(name: string): Value | undefined {
    return this.#outer?.find(name);
  }

  find(name: string): Value | undefined {
    return this.#values.get(name) ?? this.#outer?.find(name);
  }

  set(value: Value): void {
    this.#values.set(value.name, value);
  }
}

/** Names of the file may be megabytes long. */
const clipped = (text: string): string => (text.length > 300 ? `${text.slice(0, 299)}…` : text);

class Verifier {
  readonly #model: Model;
  readonly #problems: Problem[] = [];
  /** Of every node, the number of its first input among all inputs. */
  readonly #firstInput = new Map<Node, number>();
  /** One for every input that some value claims to be. */
  #claimed = new Uint8Array(0);
  readonly #local: ReadonlySet<string>;

  constructor(model: Model) {
    this.#model = model;
    this.#local = new Set(model.functions.map((fn) => fn.domain));
  }

  problems(): Problem[] {
    let inputs = 0;
    for (const node of allNodes(this.#model.graph)) {
      this.#firstInput.set(node, inputs);
      inputs += node.inputs.length;
    }
    this.#claimed = new Uint8Array(inputs);
    for (const graph of allGraphs(this.#model.graph)) this.#claimUses(graph);
    this.#graph(this.#model.graph, 'graph', undefined);
    return this.#problems;
  }

  #report(where: string, detail: string): void {
    if (this.#problems.length < 100)
      this.#problems.push({ where: clipped(where), detail: clipped(detail) });
  }

  /** Each use a value claims is an input of a node of the model that holds this value, claimed once. */
  #claimUses(graph: Graph): void {
    const claim = (value: Value): void => {
      for (const { node, index } of value.uses) {
        const first = this.#firstInput.get(node);
        if (first === undefined)
          this.#report(
            `"${value.name}"`,
            `claims a reader ${node.opType} that is not in the model`,
          );
        else if (node.inputs[index] !== value)
          this.#report(
            `"${value.name}"`,
            `claims to be input ${index} of ${node.opType}, which reads another value`,
          );
        else if (this.#claimed[first + index] === 1)
          this.#report(`"${value.name}"`, `claims input ${index} of ${node.opType} twice`);
        else this.#claimed[first + index] = 1;
      }
    };
    const inputs = new Set(graph.inputs);
    for (const input of inputs) claim(input);
    for (const constant of graph.constants) if (!inputs.has(constant)) claim(constant);
    for (const node of graph.nodes) for (const output of node.outputs) if (output) claim(output);
  }

  #graph(graph: Graph, path: string, outer: Scope | undefined): void {
    const scope = new Scope(outer);
    graph.inputs.forEach((input, i) => this.#define(scope, input, `${path}.input[${i}]`, true));
    graph.constants.forEach((value, i) => {
      const where = `${path}.initializer[${i}]`;
      if (scope.own(value.name) !== value) this.#define(scope, value, where, true);
      this.#constant(value, where);
    });
    graph.nodes.forEach((node, i) => this.#node(node, graph, `${path}.node[${i}]`, scope));
    graph.outputs.forEach((output, i) => {
      if (scope.find(output.name) !== output)
        this.#report(`${path}.output[${i}]`, `"${output.name}" is never produced`);
    });
  }

  #define(scope: Scope, value: Value, where: string, mayHide: boolean): void {
    if (value.name === '') this.#report(where, 'a value without a name');
    if (scope.own(value.name) !== undefined || (!mayHide && scope.outer(value.name) !== undefined))
      this.#report(where, `the name "${value.name}" is defined twice`);
    scope.set(value);
  }

  #node(node: Node, graph: Graph, where: string, scope: Scope): void {
    if (node.graph !== graph) this.#report(where, `${node.opType} is linked to another graph`);
    if (!this.#model.opsets.has(node.domain) && !this.#local.has(node.domain))
      this.#report(
        where,
        `operator ${node.opType} of domain "${node.domain}" without an opset version`,
      );
    const first = this.#firstInput.get(node) as number;
    node.inputs.forEach((input, index) => {
      if (input === undefined) return;
      const meant = scope.find(input.name);
      if (meant === undefined)
        this.#report(
          where,
          `input ${index} of ${node.opType} reads "${input.name}" before it is produced`,
        );
      else if (meant !== input)
        this.#report(
          where,
          `input ${index} of ${node.opType}: "${input.name}" is the name of another value here`,
        );
      if (this.#claimed[first + index] !== 1)
        this.#report(where, `"${input.name}" does not know that ${node.opType} reads it`);
    });
    subgraphsOf(node).forEach((sub, k) => this.#graph(sub, `${where}.graph[${k}]`, scope));
    for (const output of node.outputs) {
      if (output === undefined) continue;
      this.#define(scope, output, where, false);
      if (output.producer !== node) this.#report(where, `"${output.name}" names another producer`);
    }
  }

  #constant(value: Value, where: string): void {
    const tensor = value.constant;
    if (value.sparse !== undefined) return;
    if (tensor === undefined) {
      this.#report(where, `"${value.name}" is listed as a constant and has no data`);
      return;
    }
    if (tensor.dtype === 'string') {
      const texts = Array.isArray(tensor.data) ? tensor.data.length : 0;
      if (texts !== elementCount(tensor.dims))
        this.#report(where, `"${value.name}" has ${texts} strings`);
      return;
    }
    const expected = packedBytes(tensor.dtype, elementCount(tensor.dims));
    const actual = tensorByteLength(tensor);
    const shape = `${tensor.dtype}[${tensor.dims.join(',')}]`;
    if (expected !== actual)
      this.#report(where, `"${value.name}" is ${shape} = ${expected} bytes and has ${actual}`);
  }
}
