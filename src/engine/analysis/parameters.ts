import {
  allNodes,
  allGraphs,
  attributeInt,
  isOp,
  type Model,
  type Node,
  type Use,
  type Value,
} from '../graph/index.ts';
import {
  dtypeTable,
  elementCount,
  type DType,
  type SparseTensor,
  type Tensor,
} from '../tensor/index.ts';
import { isAdditiveMask } from './additive-mask.ts';
import { nonzeroBlocked, nonzeroQuantized } from './nonzero-quantized.ts';
import { isAuxiliary, operatorKey, quantizedSlot } from './parameter-slots.ts';
import { nonzeroElements } from './statistics.ts';
import { isUnpack, nonzeroUnpacked, unpackedCount } from './unpacked-weights.ts';

/**
 * What counts as a parameter. The rule:
 *   - floating-point initializers, and floating-point tensors of Constant nodes with more than one element, when any operator
 *     reads them as data; a scalar (rank 0) is part of a formula and does not count;
 *   - 8-, 4- and 2-bit integers read as data, and wider integers only where they are quantized numbers (the
 *     input of DequantizeLinear, the bias of QLinearConv and QGemm); other integers are shapes, indices and axes;
 *   - scales, zero points, bounds of Clip, fill values of Pad, ratios and the like never count;
 *   - a packed weight counts its elements, not its bytes (MatMulNBits: N·K); one that stands behind Q/DQ counts once;
 *   - a tensor shared by several nodes counts once, for the first of them; a sparse one counts as if it were dense;
 *   - the mask of causal attention, a table of 0 and −∞ (additive-mask.ts), does not count;
 *   - bodies of local functions are not looked into.
 * A parameter is non-zero when the number it stands for is: a quantized element that equals its zero point is zero.
 */
export interface Parameter {
  /** The initializer, or the output of the Constant node. */
  readonly value: Value;
  readonly tensor: Tensor | SparseTensor;
  readonly count: number;
  /** The first operator that computes with it, past DequantizeLinear, Transpose and the like; undefined when nothing reads it. */
  readonly node: Node | undefined;
  /** The place that reads the stored tensor itself. */
  readonly use: Use | undefined;
}

export interface ParameterCount {
  readonly total: number;
  /** Subgraph nodes included; nodes without parameters are absent. */
  readonly byNode: ReadonlyMap<Node, number>;
  readonly parameters: readonly Parameter[];
}

export function countParameters(model: Model): ParameterCount {
  const parameters = findParameters(model);
  const byNode = new Map<Node, number>();
  let total = 0;
  for (const { node, count } of parameters) {
    total += count;
    if (node !== undefined) byNode.set(node, (byNode.get(node) ?? 0) + count);
  }
  return { total, byNode, parameters };
}

/** Non-zero parameters of the whole model. Facts about tensors are cached, so that asking again is cheap. */
export function countNonzero(model: Model): number {
  return findParameters(model).reduce((sum, parameter) => sum + nonzeroOf(parameter), 0);
}

/** Non-zero elements of one parameter. */
export function nonzeroOf(parameter: Parameter): number {
  const { tensor, use } = parameter;
  if ('values' in tensor) return nonzeroElements(tensor.values);
  if (use === undefined) return nonzeroElements(tensor);
  const { node, index } = use;
  if (isUnpack(node)) return unpackedNonzero(tensor, node);
  const isPacked = operatorKey(node) === matMulNBits && index === 1;
  const slot = quantizedSlot(node, index);
  const zeroInput = isPacked ? 3 : slot === undefined || slot === 'symmetric' ? -1 : slot.zeroPoint;
  const zeroPoint = constantOf(node.inputs[zeroInput]);
  if (!isPacked && zeroPoint === undefined) return nonzeroElements(tensor);
  const before = quantizedCounts.get(tensor);
  if (before !== undefined && before.zeroPoint === zeroPoint && before.node === node)
    return before.count;
  const axis = typeof slot === 'object' ? slot.axis(node, tensor.dims.length) : 0;
  const count =
    isPacked || zeroPoint === undefined
      ? nonzeroBlocked(node, tensor)
      : nonzeroQuantized(tensor, zeroPoint, axis, attributeInt(node, 'block_size', 0));
  quantizedCounts.set(tensor, { node, zeroPoint, count });
  return count;
}

function unpackedNonzero(tensor: Tensor, node: Node): number {
  const before = quantizedCounts.get(tensor);
  if (before?.node === node) return before.count;
  const count = nonzeroUnpacked(node);
  quantizedCounts.set(tensor, { node, zeroPoint: undefined, count });
  return count;
}

const quantizedCounts = new WeakMap<
  Tensor,
  { readonly node: Node; readonly zeroPoint: Tensor | undefined; readonly count: number }
>();

/** The tensor of an initializer or of a Constant node. */
export function constantOf(value: Value | undefined): Tensor | undefined {
  if (value === undefined || value.constant !== undefined) return value?.constant;
  if (!isOp(value.producer, 'Constant')) return undefined;
  const attribute = value.producer.attributes.get('value');
  return attribute?.kind === 'tensor' ? attribute.value : undefined;
}

const matMulNBits = 'com.microsoft:MatMulNBits';

function findParameters(model: Model): Parameter[] {
  const found: Parameter[] = [];
  const add = (value: Value, tensor: Tensor | SparseTensor, minCount: number): void => {
    const parameter = asParameter(value, tensor, minCount);
    if (parameter !== undefined) found.push(parameter);
  };
  for (const graph of allGraphs(model.graph))
    for (const value of graph.constants) {
      const tensor = value.constant ?? value.sparse;
      if (tensor !== undefined) add(value, tensor, 1);
    }
  for (const node of allNodes(model.graph)) {
    const [output] = node.outputs;
    const tensor = isOp(node, 'Constant') ? constantOf(output) : undefined;
    if (output !== undefined && tensor !== undefined) add(output, tensor, 2);
  }
  return found;
}

function asParameter(
  value: Value,
  tensor: Tensor | SparseTensor,
  minCount: number,
): Parameter | undefined {
  const dtype = 'values' in tensor ? tensor.values.dtype : tensor.dtype;
  const stored = elementCount(tensor.dims);
  if (stored < minCount || tensor.dims.length === 0) return undefined;
  if (!('values' in tensor) && isAdditiveMask(value, tensor)) return undefined;
  const uses = value.uses.filter((use) => readsAsParameter(use, dtype));
  const [use] = uses;
  // What nothing reads is still in the file: numbers count, integers may be anything.
  if (use === undefined && (value.uses.length > 0 || dtypeTable[dtype].kind !== 'float'))
    return undefined;
  return {
    value,
    tensor,
    count: logicalCount(stored, use),
    use,
    node: use === undefined ? undefined : computingNode(use),
  };
}

function readsAsParameter({ node, index }: Use, dtype: DType): boolean {
  if (isAuxiliary(node, index)) return false;
  const { kind, bits } = dtypeTable[dtype];
  if (kind === 'float' || kind === 'complex') return true;
  if (kind !== 'int' && kind !== 'uint') return false;
  return bits <= 8 || quantizedSlot(node, index) !== undefined;
}

/** Elements a packed tensor stands for: its operator knows, its dims do not. */
function logicalCount(stored: number, use: Use | undefined): number {
  if (use === undefined) return stored;
  const { node, index } = use;
  if (isUnpack(node)) return unpackedCount(node);
  if (operatorKey(node) === matMulNBits && index === 1)
    return attributeInt(node, 'N', 0) * attributeInt(node, 'K', 0);
  if (operatorKey(node) === 'com.microsoft:GatherBlockQuantized' && index === 0) {
    const isPacked = constantOf(node.inputs[0])?.dtype === 'uint8';
    return isPacked ? (stored * 8) / attributeInt(node, 'bits', 4) : stored;
  }
  return stored;
}

const passesThrough = (node: Node): boolean =>
  isUnpack(node) ||
  isOp(
    node,
    'QuantizeLinear',
    'DequantizeLinear',
    'Identity',
    'Cast',
    'Transpose',
    'Reshape',
    'Squeeze',
    'Unsqueeze',
  );

function computingNode(use: Use): Node {
  let node = use.node;
  for (
    let next = node.outputs[0]?.uses[0];
    passesThrough(node) && next !== undefined;
    next = node.outputs[0]?.uses[0]
  )
    node = next.node;
  return node;
}
