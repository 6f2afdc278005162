import { isOp, type Model, type Node, type Use, type Value } from '../graph/index.ts';
import { elementCount, toFloat32, type Tensor } from '../tensor/index.ts';
import { ruleOf } from './gradients/table.ts';

/**
 * The weights that training changes unless told otherwise: float32 constants that stand in a parameter slot of the gradient table,
 * directly or behind a Transpose, Reshape or the like. In Add, Sub and Mul, where a constant may just as well be preprocessing, a mask
 * or a table of anchors, it counts
 *  - as the bias behind a linear operator;
 *  - as a vector over channels or features (gains and offsets of norms written out in primitive operators) behind another weight;
 *  - as a table that is added (positions) between two other weights, unless it masks.
 */
export function trainableWeights(model: Model): Value[] {
  const floats = model.graph.constants.filter((value) => value.constant?.dtype === 'float32');
  const certain = new Set(floats.filter((value) => usesOf(value).some(isCertain)));
  const behind = reachable(model.graph.nodes, [...certain]);
  const before = leadingTo(model.graph.nodes, certain);
  const counts = ({ node, index, constant }: Place): boolean => {
    if (!isAffine(node)) return false;
    const other = node.inputs[1 - index];
    const [y] = node.outputs;
    if (other === undefined || y === undefined || elementCount(constant.dims) <= 1) return false;
    if (node.opType === 'Add' && isOp(other.producer, ...linear)) return true;
    if (!behind.has(other)) return false;
    const form = formOf(constant.dims);
    if (form === 'features') return true;
    return before.has(y) && (form === 'axis' || (node.opType === 'Add' && !masks(constant)));
  };
  return floats.filter((value) => certain.has(value) || usesOf(value).some(counts));
}

const linear = ['MatMul', 'Gemm', 'Conv', 'ConvTranspose'] as const;

const isAffine = (node: Node): boolean => isOp(node, 'Add', 'Sub', 'Mul');

interface Place extends Use {
  readonly constant: Tensor;
}

/** Operators that change a weight's shape, or nothing at all. */
const moves = [
  'Cast',
  'Flatten',
  'Identity',
  'Reshape',
  'Squeeze',
  'Transpose',
  'Unsqueeze',
] as const;

/** Where a constant is computed with: past the operators that only move it. */
function usesOf(value: Value, constant = value.constant): Place[] {
  if (constant === undefined) return [];
  return value.uses.flatMap((use) => {
    const [moved] = use.node.outputs;
    if (use.index === 0 && moved !== undefined && isOp(use.node, ...moves))
      return usesOf(moved, constant);
    return [{ ...use, constant }];
  });
}

function isCertain({ node, index }: Place): boolean {
  if (isAffine(node)) return false;
  return (ruleOf(node.domain, node.opType)?.parameters ?? []).includes(index);
}

/** A vector along the last axis or over the channels of an image; a vector along another axis; anything else. */
function formOf(dims: readonly number[]): 'features' | 'axis' | 'table' {
  const long = dims.flatMap((size, axis) => (size > 1 ? [dims.length - axis] : []));
  if (long.length !== 1) return 'table';
  return long[0] === 1 || long[0] === 3 ? 'features' : 'axis';
}

/** Added to scores so that a softmax forgets them: −∞, or what exporters write for it. */
const masks = (tensor: Tensor): boolean => toFloat32(tensor).some((value) => value <= -1e4);

/** Everything computed from `from`. Nodes are in topological order. */
function reachable(nodes: readonly Node[], from: readonly Value[]): Set<Value> {
  const found = new Set(from);
  for (const node of nodes)
    if (node.inputs.some((input) => input !== undefined && found.has(input)))
      for (const output of node.outputs) if (output !== undefined) found.add(output);
  return found;
}

/** Everything that meets one of `weights` further on. */
function leadingTo(nodes: readonly Node[], weights: ReadonlySet<Value>): Set<Value> {
  const found = new Set<Value>();
  for (const node of nodes.toReversed()) {
    const meets =
      node.inputs.some((input) => input !== undefined && weights.has(input)) ||
      node.outputs.some((output) => output !== undefined && found.has(output));
    if (!meets) continue;
    for (const input of node.inputs) if (input !== undefined) found.add(input);
  }
  return found;
}
