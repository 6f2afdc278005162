import { attributeInt, attributeString, isOp, type Node } from '../../graph/index.ts';
import type { BackendId } from '../../runtime/index.ts';

/**
 * What ONNX Runtime's CPU provider does in integers when Q/DQ pairs surround a node (its QDQ selectors; every row was checked in a
 * profile of version 1.30): which kernel then shows up, and what part the node plays.
 *
 *   weighted    has a stored weight; the reason to quantize at all
 *   arithmetic  has an integer kernel with scales of its own; worth it inside an integer chain
 *   moving      only moves or picks elements: integer in, integer out, if both sides share one scale and zero point
 */
export interface IntegerOperator {
  readonly role: 'weighted' | 'arithmetic' | 'moving';
  /** Operator in the profile when the output is quantized as well. */
  readonly kernel: string;
  /** It also has a kernel that takes integers and gives floats (MatMulIntegerToFloat, QGemm). */
  readonly givesFloat?: true;
  /** Makes its input smaller, so that it pays to leave the integers after it rather than before. */
  readonly shrinks?: true;
}

export const integerOperators = {
  Conv: { role: 'weighted', kernel: 'QLinearConv' },
  MatMul: { role: 'weighted', kernel: 'QLinearMatMul', givesFloat: true },
  Gemm: { role: 'weighted', kernel: 'QGemm', givesFloat: true },
  Add: { role: 'arithmetic', kernel: 'QLinearAdd' },
  Mul: { role: 'arithmetic', kernel: 'QLinearMul' },
  Concat: { role: 'arithmetic', kernel: 'QLinearConcat' },
  Sigmoid: { role: 'arithmetic', kernel: 'QLinearSigmoid' },
  LeakyRelu: { role: 'arithmetic', kernel: 'QLinearLeakyRelu' },
  AveragePool: { role: 'arithmetic', kernel: 'QLinearAveragePool', shrinks: true },
  GlobalAveragePool: { role: 'arithmetic', kernel: 'QLinearGlobalAveragePool', shrinks: true },
  MaxPool: { role: 'moving', kernel: 'MaxPool', shrinks: true },
  Slice: { role: 'moving', kernel: 'Slice', shrinks: true },
  Resize: { role: 'moving', kernel: 'Resize' },
  Reshape: { role: 'moving', kernel: 'Reshape' },
  Flatten: { role: 'moving', kernel: 'Flatten' },
  Squeeze: { role: 'moving', kernel: 'Squeeze' },
  Unsqueeze: { role: 'moving', kernel: 'Unsqueeze' },
  Transpose: { role: 'moving', kernel: 'Transpose' },
} as const satisfies Record<string, IntegerOperator>;

export function integerOperator(node: Node): IntegerOperator | undefined {
  if (node.domain !== '' || !Object.hasOwn(integerOperators, node.opType)) return undefined;
  return integerOperators[node.opType as keyof typeof integerOperators];
}

/** Inputs that carry activations; the others are weights, biases, shapes and the like. */
export function activationInputs(node: Node): number[] {
  if (isOp(node, 'Concat')) return node.inputs.map((_input, i) => i);
  return isOp(node, 'Add', 'Mul') ? [0, 1] : [0];
}

/** Attributes and versions for which the integer form exists; a sentence when it does not. */
export function integerObstacle(node: Node, opset: number): string | undefined {
  if (isOp(node, 'Resize') && attributeString(node, 'mode', 'nearest') !== 'nearest')
    return 'only nearest-neighbour resizing moves elements';
  if (isOp(node, 'MaxPool') && opset < 12) return 'MaxPool takes integers from opset 12 on';
  if (isOp(node, 'MaxPool') && node.outputs[1] !== undefined)
    return 'the indices of the pool are read';
  if (isOp(node, 'Resize') && opset < 11) return 'Resize takes integers from opset 11 on';
  return undefined;
}

/**
 * Float32 time ÷ int8 time of grouped convolutions (group > 1), as measured: depthwise 0.25 and groups of four channels 0.23 in
 * WebAssembly, depthwise blocks 0.33 natively. WebGPU computes a QDQ convolution in float either way.
 */
export const groupedSpeedRatio: Record<BackendId, number | undefined> = {
  wasm: 0.25,
  native: 0.33,
  webgpu: undefined,
};

export const isGrouped = (node: Node): boolean =>
  isOp(node, 'Conv', 'ConvTranspose') && attributeInt(node, 'group', 1) > 1;
