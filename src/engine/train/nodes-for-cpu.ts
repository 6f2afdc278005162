import {
  attributeInt,
  attributeInts,
  attributeString,
  isOp,
  type Model,
  type Node,
  type Value,
} from '../graph/index.ts';
import { typedView } from '../tensor/index.ts';
import { straightThroughName } from './straight-through.ts';

/**
 * What ONNX Runtime's WebGPU provider (1.30) takes for its own although it fails or returns wrong
 * numbers, among the operators that training graphs are made of; e2e/gradients.webgpu.spec.ts found
 * them. These nodes are left to the CPU, with copies there and back. By name.
 */
export const nodesForCpu = ({ graph }: Model): readonly string[] =>
  graph.nodes.flatMap((node) =>
    returnsIndices(node) || isUnknownTranspose(node) || isBackwardSlice(node) || hasEllipsis(node)
      ? [node.name]
      : [],
  );

/** Fails when it runs: "The Indices output is not supported yet". */
const returnsIndices = (node: Node): boolean =>
  isOp(node, 'MaxPool') && node.outputs[1] !== undefined;

/**
 * Three axes fail when they run: "Only Conv2d or Conv1d are supported". Several inputs to the one
 * output of each of several groups come out wrong. Weights [inputs, outputs of a group, …kernel]; a
 * shape that is not known may be such a one.
 */
function isUnknownTranspose(node: Node): boolean {
  if (!isOp(node, 'ConvTranspose')) return false;
  const groups = attributeInt(node, 'group', 1);
  const weight = node.inputs[1] && dimsOf(node.inputs[1]);
  const axes = attributeInts(node, 'kernel_shape')?.length ?? (weight?.length ?? 5) - 2;
  if (axes > 2) return true;
  if (groups === 1) return false;
  return weight === undefined || (weight[1] === 1 && weight[0] !== groups);
}

/** Steps of -2 and beyond come out wrong when they begin inside. */
function isBackwardSlice(node: Node): boolean {
  if (!isOp(node, 'Slice')) return false;
  const steps = node.inputs[4];
  if (steps === undefined) return false;
  if (steps.constant === undefined) return true;
  return [...(typedView(steps.constant) as BigInt64Array | Int32Array)].some((step) => step < -1);
}

/** An ellipsis that only one operand has fails when it runs: "Invalid ShaderModule Einsum". */
const hasEllipsis = (node: Node): boolean =>
  isOp(node, 'Einsum') && attributeString(node, 'equation', '').includes('...');

/** Of a constant, of an input, or of what keeps the shape of one (a mask, a rounding). */
function dimsOf(value: Value): readonly (number | string | undefined)[] | undefined {
  if (value.constant !== undefined) return value.constant.dims;
  if (value.type?.kind === 'tensor' && value.type.dims !== undefined) return value.type.dims;
  const { producer } = value;
  const first = producer?.inputs[0];
  return producer !== undefined && keepsShape.has(producer.opType) && first !== undefined
    ? dimsOf(first)
    : undefined;
}

const keepsShape: ReadonlySet<string> = new Set([
  'Clip',
  'DequantizeLinear',
  'Identity',
  'QuantizeLinear',
  'Round',
  straightThroughName,
]);
