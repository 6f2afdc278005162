import { attributeInt, isOp, type Node } from '../graph/index.ts';
import { isUnpack } from './unpacked-weights.ts';

/**
 * What an operator's input means for a constant that stands there. Everything not named here reads its constant as a
 * parameter: that is the rule for the inputs of ordinary operators.
 */

/** Inputs that hold scales, zero points, bounds, fill values or sizes: never parameters. Key: `domain:opType`. */
const auxiliarySlots: Readonly<Record<string, readonly number[]>> = {
  ':QuantizeLinear': [1, 2],
  ':DequantizeLinear': [1, 2],
  ':QLinearConv': [1, 2, 4, 5, 6, 7],
  ':QLinearMatMul': [1, 2, 4, 5, 6, 7],
  ':ConvInteger': [2, 3],
  ':MatMulInteger': [2, 3],
  ':Clip': [1, 2],
  ':Pad': [2],
  ':Resize': [1, 2],
  ':Upsample': [1],
  ':Dropout': [1, 2],
  ':OneHot': [1, 2],
  ':Range': [0, 1, 2],
  ':NonMaxSuppression': [2, 3, 4],
  'com.microsoft:QuantizeLinear': [1, 2],
  'com.microsoft:DequantizeLinear': [1, 2],
  'com.microsoft:QLinearConv': [1, 2, 4, 5, 6, 7],
  'com.microsoft:MatMulNBits': [2, 3, 4],
  'com.microsoft:GatherBlockQuantized': [2, 3],
  'com.microsoft:QGemm': [1, 2, 4, 5, 7, 8],
  'com.microsoft:MatMulIntegerToFloat': [2, 3, 4, 5],
  'com.microsoft:DynamicQuantizeMatMul': [2, 3],
  'com.microsoft:DynamicQuantizeLSTM': [8, 9, 10, 11],
  'com.microsoft:QAttention': [3, 4, 5, 6, 7],
  'com.microsoft:QLinearAdd': [1, 2, 4, 5, 6, 7],
  'com.microsoft:QLinearMul': [1, 2, 4, 5, 6, 7],
  'com.microsoft:QLinearSigmoid': [1, 2, 3, 4],
  'com.microsoft:QLinearLeakyRelu': [1, 2, 3, 4],
  'com.microsoft:QLinearAveragePool': [1, 2, 3, 4],
  'com.microsoft:QLinearGlobalAveragePool': [1, 2, 3, 4],
};

export const isAuxiliary = (node: Node, index: number): boolean =>
  auxiliarySlots[operatorKey(node)]?.includes(index) ??
  (isUnpack(node) ? index > 0 : scalesDynamicProduct(node, index));

/** The weights' scales in dynamic quantization are multiplied by that of the activation. */
function scalesDynamicProduct(node: Node, index: number): boolean {
  const other = node.inputs[1 - index]?.producer;
  return isOp(node, 'Mul') && isOp(other, 'DynamicQuantizeLinear');
}

export const operatorKey = (node: Node): string => `${node.domain}:${node.opType}`;

/** Where quantized numbers stand, and which input says what number means zero there. */
export interface QuantizedSlot {
  /** Input with the zero point; absent input: zero. */
  readonly zeroPoint: number;
  /** Axis of a per-axis zero point in the data. */
  readonly axis: (node: Node, rank: number) => number;
}

const first = (): number => 0;
const last = (_: Node, rank: number): number => rank - 1;
const fromAttribute = (node: Node, rank: number): number => {
  const axis = attributeInt(node, 'axis', 1);
  return axis < 0 ? rank + axis : axis;
};
const gemmColumns = (node: Node): number => (attributeInt(node, 'transB', 0) === 0 ? 1 : 0);

/** `undefined` zero point: the data is a bias, symmetric by definition. */
const quantizedSlots: Readonly<
  Record<string, Readonly<Record<number, QuantizedSlot | 'symmetric'>>>
> = {
  ':DequantizeLinear': { 0: { zeroPoint: 2, axis: fromAttribute } },
  'com.microsoft:DequantizeLinear': { 0: { zeroPoint: 2, axis: fromAttribute } },
  ':QLinearConv': { 3: { zeroPoint: 5, axis: first }, 8: 'symmetric' },
  'com.microsoft:QLinearConv': { 3: { zeroPoint: 5, axis: first }, 8: 'symmetric' },
  ':QLinearMatMul': { 0: { zeroPoint: 2, axis: first }, 3: { zeroPoint: 5, axis: last } },
  ':ConvInteger': { 1: { zeroPoint: 3, axis: first } },
  ':MatMulInteger': { 0: { zeroPoint: 2, axis: first }, 1: { zeroPoint: 3, axis: last } },
  'com.microsoft:QGemm': { 3: { zeroPoint: 5, axis: gemmColumns }, 6: 'symmetric' },
  'com.microsoft:MatMulIntegerToFloat': { 1: { zeroPoint: 5, axis: last } },
  'com.microsoft:DynamicQuantizeMatMul': { 1: { zeroPoint: 3, axis: last } },
};

export const quantizedSlot = (node: Node, index: number): QuantizedSlot | 'symmetric' | undefined =>
  quantizedSlots[operatorKey(node)]?.[index];
