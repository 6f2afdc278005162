import { isGraphOutput, isOp, type Graph, type Node, type Value } from '../../graph/index.ts';
import { constantOf } from '../shared/constant-of.ts';
import { clampOf, type Clamp } from './clamps.ts';
import { activationInputs, integerOperator, type IntegerOperator } from './integer-operators.ts';
import { shieldFor } from './shields.ts';

/**
 * Where Q/DQ pairs go so that ONNX Runtime's CPU provider fuses them: the graph is divided into nodes that run in integers and the
 * rest, and a pair is put on every value that an integer node reads, and on every value an integer node has to give as integers.
 *
 *   x ─Q─DQ─ Conv ─ Relu ─Q─DQ─ Add ─ Relu ─Q─DQ─ …       runs as  Q, QLinearConv, QLinearAdd, …
 *
 * A Relu, or a Clip from 0, that alone reads an integer node is absorbed: the pair goes behind it, with zero point = qmin, and the
 * runtime drops it, since the clamp of QuantizeLinear does the same. Weighted nodes run in integers always; other operators do
 * when they lie between integer nodes (or make the data smaller), so that a chain stays whole. The largest such set is
 * found by taking all candidates and dropping those that fail until none does.
 */
export interface IntegerNode {
  readonly node: Node;
  /** The Add of a stored bias right behind a MatMul: ONNX Runtime makes a Gemm of the two before it looks for pairs. */
  readonly biasAdd: Node | undefined;
  readonly operator: IntegerOperator;
  /** The value its pair goes on: its output, or that of the bias Add or activation behind it. */
  readonly result: Value;
  readonly absorbed: Node | undefined;
}

/** A value that gets a Q/DQ pair. */
export interface QuantizedValue {
  readonly value: Value;
  /** Values with the same scale and zero point have the same group. */
  readonly group: number;
  /** Given by an integer node: all its readers, float ones too, must read the pair. Otherwise only the integer ones do. */
  readonly fromInteger: boolean;
  /** A no-op goes before its pair, to keep the pair off the float layer that gives it. */
  readonly needsIdentity: boolean;
}

/** One scale and zero point. */
export interface ScaleGroup {
  /** Its range decides. */
  readonly observe: Value;
  /** It comes from a Relu (no ceiling) or a Clip from 0 to `ceiling`. */
  readonly clamp: Clamp | undefined;
  /** The activation before it must stay: see shields.ts. */
  readonly keepsClamp: boolean;
}

export interface Placement {
  readonly integers: readonly IntegerNode[];
  readonly values: readonly QuantizedValue[];
  readonly groups: readonly ScaleGroup[];
  /** Integer node → whether its result is quantized (a MatMul may give floats). */
  readonly quantizedResult: ReadonlySet<Node>;
}

/** `weighted`: the nodes whose weights are quantized. `admits`: whether an operator's version and attributes allow integers. */
export function placePairs(
  graph: Graph,
  weighted: ReadonlySet<Node>,
  admits: (node: Node) => boolean,
): Placement {
  const integers = integerNodes(graph, weighted, admits);
  const byNode = new Map(integers.map((entry) => [entry.node, entry]));
  const byResult = new Map(integers.map((entry) => [entry.result, entry]));
  const quantizedResult = new Set<Node>();
  const values = new Map<Value, number>();
  const groups: ScaleGroup[] = [];
  const place = (value: Value, sharedWith?: Value): void => {
    if (values.has(value)) return;
    const shared = sharedWith === undefined ? undefined : values.get(sharedWith);
    values.set(value, shared ?? groups.length);
    if (shared !== undefined) return;
    groups.push({ observe: value, clamp: clampOf(value.producer), keepsClamp: false });
  };
  for (const { node, operator, result } of integers) {
    for (const input of dataInputs(node)) place(input);
    const read = result.uses.some((use) => readsAsData(byNode.get(use.node), use.index));
    if (operator.givesFloat === true && !read) continue;
    quantizedResult.add(node);
    place(result, operator.role === 'moving' ? node.inputs[0] : undefined);
  }
  const nodes = new Set(byNode.keys());
  const quantized = new Set(values.keys());
  const shields = new Map(
    [...quantized].map((value) => [value, shieldFor(value, nodes, quantized)]),
  );
  return {
    integers,
    groups: groups.map((group) => ({
      ...group,
      keepsClamp: shields.get(group.observe) === 'zero-point',
    })),
    quantizedResult,
    values: [...values].map(([value, group]) => ({
      value,
      group,
      fromInteger: byResult.has(value),
      needsIdentity: shields.get(value) === 'identity',
    })),
  };
}

const readsAsData = (entry: IntegerNode | undefined, index: number): boolean =>
  entry !== undefined && activationInputs(entry.node).includes(index);

const dataInputs = (node: Node): Value[] =>
  activationInputs(node).flatMap((index) => node.inputs[index] ?? []);

function integerNodes(
  graph: Graph,
  weighted: ReadonlySet<Node>,
  admits: (node: Node) => boolean,
): IntegerNode[] {
  const found = new Map<Node, IntegerNode>();
  for (const node of graph.nodes) {
    const operator = integerOperator(node);
    const [output] = node.outputs;
    if (operator === undefined || output === undefined) continue;
    if (operator.role === 'weighted' ? !weighted.has(node) : !admits(node)) continue;
    const biasAdd = node.opType === 'MatMul' ? biasAddBehind(graph, output, node) : undefined;
    const biased = biasAdd?.outputs[0] ?? output;
    const absorbed = operator.role === 'moving' ? undefined : absorbedActivation(graph, biased);
    found.set(node, { node, biasAdd, operator, result: absorbed?.outputs[0] ?? biased, absorbed });
  }
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    const results = new Set([...found.values()].map((entry) => entry.result));
    for (const entry of found.values())
      if (entry.operator.role !== 'weighted' && !belongs(entry, found, results))
        found.delete(entry.node);
  }
  return [...found.values()];
}

/** All its data comes from integers (or is quantized anyway), and what it gives is read as integers or smaller than what it reads. */
function belongs(
  entry: IntegerNode,
  found: ReadonlyMap<Node, IntegerNode>,
  results: ReadonlySet<Value>,
): boolean {
  const readByWeighted = (value: Value): boolean =>
    value.uses.some((use) => found.get(use.node)?.operator.role === 'weighted' && use.index === 0);
  const fed = activationInputs(entry.node).every((index) => {
    const input = entry.node.inputs[index];
    return (
      input !== undefined &&
      constantOf(input) === undefined &&
      (results.has(input) || readByWeighted(input))
    );
  });
  if (!fed) return false;
  if (entry.operator.shrinks === true) return true;
  return entry.result.uses.some((use) => readsAsData(found.get(use.node), use.index));
}

function biasAddBehind(graph: Graph, output: Value, product: Node): Node | undefined {
  const [use] = output.uses;
  if (use === undefined || output.uses.length !== 1 || isGraphOutput(graph, output))
    return undefined;
  const { node } = use;
  if (node.graph !== graph || !isOp(node, 'Add')) return undefined;
  const bias = constantOf(node.inputs[1 - use.index]);
  const columns = constantOf(product.inputs[1])?.dims[1];
  const fits = bias?.dtype === 'float32' && bias.dims.length === 1 && bias.dims[0] === columns;
  return fits ? node : undefined;
}

function absorbedActivation(graph: Graph, output: Value): Node | undefined {
  const [use] = output.uses;
  if (
    use === undefined ||
    output.uses.length !== 1 ||
    use.index !== 0 ||
    isGraphOutput(graph, output)
  )
    return undefined;
  const { node } = use;
  if (node.graph !== graph) return undefined;
  return clampOf(node) === undefined ? undefined : node;
}
