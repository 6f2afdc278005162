import type { Node } from '../../../graph/index.ts';
import * as arrange from './arrange.ts';
import { elementwise, expand, firstOnly, pool, quantize } from './elementwise.ts';
import { conv, convTranspose, einsum, gemm, matMul, recurrent } from './linear.ts';
import * as normalize from './normalize.ts';
import type { Rule } from './rule.ts';

/** Operators whose channels can be followed; an operator without a row keeps whole whatever it touches. */
const always = (names: string, rule: Rule): [string, Rule][] =>
  names.split(' ').map((name) => [name, rule]);

const unary =
  'Abs Acos Acosh Asin Asinh Atan Atanh Bernoulli BitwiseNot Cast Ceil Celu Clip Cos Cosh Dropout Elu Erf Exp Floor Gelu ' +
  'HardSigmoid HardSwish Identity IsInf IsNaN LeakyRelu Log Mish Neg Not Reciprocal Relu Round Selu Shrink Sigmoid Sign ' +
  'Sin Sinh Softplus Softsign Sqrt Swish Tan Tanh ThresholdedRelu';

const nary =
  'Add And BitShift BitwiseAnd BitwiseOr BitwiseXor Div Equal Greater GreaterOrEqual Less LessOrEqual Max Mean Min Mod Mul Or ' +
  'PRelu Pow Sub Sum Where Xor';

const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...always(unary, firstOnly),
  ...always(nary, elementwise),
  ...always('AveragePool GlobalAveragePool GlobalLpPool GlobalMaxPool LpPool MaxPool', pool),
  ...always('BatchNormalization InstanceNormalization', normalize.perChannel),
  ...always(
    'LayerNormalization RMSNormalization SimplifiedLayerNormalization',
    normalize.layerNorm,
  ),
  ...always('LRN LpNormalization MeanVarianceNormalization', normalize.overChannels),
  ...always('Softmax LogSoftmax Hardmax', normalize.softmax),
  ...always(
    'ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare',
    normalize.reduce,
  ),
  ...always('ArgMax ArgMin', normalize.argument),
  ...always('Reshape Flatten Squeeze Unsqueeze', arrange.reshape),
  ...always('LSTM GRU RNN', recurrent),
  ...always('QuantizeLinear DequantizeLinear', quantize),
  ...always('Resize Upsample', arrange.resize),
  ['Concat', arrange.concat],
  ['Conv', conv],
  ['ConvTranspose', convTranspose],
  ['CumSum', normalize.alongAxis(0)],
  ['DepthToSpace', arrange.depthToSpace],
  ['Einsum', einsum],
  ['Expand', expand],
  ['Gather', arrange.gather],
  ['Gemm', gemm],
  ['GroupNormalization', normalize.groupNorm],
  ['MatMul', matMul],
  ['Pad', arrange.pad],
  ['Slice', arrange.slice],
  ['SpaceToDepth', arrange.spaceToDepth],
  ['Split', arrange.split],
  ['Tile', arrange.tile],
  ['Transpose', arrange.transpose],
]);

const microsoft: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...always('Gelu QuickGelu', firstOnly),
  ...always('BiasGelu FastGelu', elementwise),
  ...always('QuantizeLinear DequantizeLinear', quantize),
]);

export function ruleOf(node: Node): Rule | undefined {
  if (node.domain === '') return rules.get(node.opType);
  return node.domain === 'com.microsoft' ? microsoft.get(node.opType) : undefined;
}

/** Inputs that take lengths computed in the graph, and what for is checked by their rules. */
const lengthInputs: Readonly<Record<string, number>> = {
  Expand: 1,
  Reshape: 1,
  Resize: 3,
  Tile: 1,
};

export const takesLengths = (node: Node, index: number): boolean =>
  node.domain === '' && lengthInputs[node.opType] === index;
