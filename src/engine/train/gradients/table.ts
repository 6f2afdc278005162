import {
  celuGradient,
  eluGradient,
  geluGradient,
  mishGradient,
  preluGradient,
  seluGradient,
  softplusGradient,
  softsignGradient,
  thresholdedReluGradient,
} from './activations.ts';
import { contribTable } from './contrib.ts';
import { convTransposeGradient } from './conv-transpose.ts';
import { convGradient } from './conv.ts';
import { depthToSpaceGradient, spaceToDepthGradient } from './depth-space.ts';
import { einsumGradient } from './einsum.ts';
import {
  addGradient,
  clipGradient,
  divGradient,
  expGradient,
  hardSigmoidGradient,
  hardSwishGradient,
  identityGradient,
  leakyReluGradient,
  logGradient,
  mulGradient,
  negGradient,
  reluGradient,
  sigmoidGradient,
  sqrtGradient,
  subGradient,
  tanhGradient,
} from './elementwise.ts';
import { dequantizeGradient, quantizeGradient } from './fake-quantization.ts';
import {
  absGradient,
  cosGradient,
  erfGradient,
  powGradient,
  reciprocalGradient,
  sinGradient,
} from './functions.ts';
import {
  gatherElementsGradient,
  gatherGradient,
  gatherNdGradient,
  scatterElementsGradient,
  scatterNdGradient,
} from './gather.ts';
import {
  groupNormalizationGradient,
  instanceNormalizationGradient,
  layerNormalizationGradient,
  lpNormalizationGradient,
  rmsNormalizationGradient,
} from './layer-norms.ts';
import { gemmGradient, matMulGradient } from './matrix-product.ts';
import { batchNormalizationGradient } from './normalization.ts';
import { padGradient } from './pad.ts';
import { maxPoolGradient } from './max-pool.ts';
import { averagePoolGradient, globalAveragePoolGradient, globalMaxPoolGradient } from './pool.ts';
import {
  reduceExtremeGradient,
  reduceL1Gradient,
  reduceL2Gradient,
  reduceLogSumExpGradient,
  reduceLogSumGradient,
  reduceMeanGradient,
  reduceSumGradient,
  reduceSumSquareGradient,
} from './reductions.ts';
import { expandGradient, tileGradient } from './repetition.ts';
import { resizeGradient } from './resize.ts';
import type { OperatorRule } from './rule.ts';
import {
  castGradient,
  cumSumGradient,
  extremeGradient,
  meanGradient,
  sumGradient,
  whereGradient,
} from './selection.ts';
import { concatGradient, reshapeGradient, transposeGradient } from './shape-moves.ts';
import { sliceGradient } from './slice.ts';
import { logSoftmaxGradient, softmaxGradient } from './softmax.ts';
import { splitGradient } from './split.ts';
import { triluGradient } from './trilu.ts';
import { straightThroughDomain, straightThroughName } from '../straight-through.ts';

/** The operators of the default domain that can be trained through, opset 13 and later. */
export const differentiableOperators = [
  'Abs',
  'Add',
  'AveragePool',
  'BatchNormalization',
  'Cast',
  'Celu',
  'Clip',
  'Concat',
  'Conv',
  'ConvTranspose',
  'Cos',
  'CumSum',
  'DepthToSpace',
  'DequantizeLinear',
  'Div',
  'Dropout',
  'Einsum',
  'Elu',
  'Erf',
  'Exp',
  'Expand',
  'Flatten',
  'Gather',
  'GatherElements',
  'GatherND',
  'Gelu',
  'Gemm',
  'GlobalAveragePool',
  'GlobalMaxPool',
  'GroupNormalization',
  'HardSigmoid',
  'HardSwish',
  'Identity',
  'InstanceNormalization',
  'LayerNormalization',
  'LeakyRelu',
  'Log',
  'LogSoftmax',
  'LpNormalization',
  'MatMul',
  'Max',
  'MaxPool',
  'Mean',
  'Min',
  'Mish',
  'Mul',
  'Neg',
  'PRelu',
  'Pad',
  'Pow',
  'QuantizeLinear',
  'RMSNormalization',
  'Reciprocal',
  'ReduceL1',
  'ReduceL2',
  'ReduceLogSum',
  'ReduceLogSumExp',
  'ReduceMax',
  'ReduceMean',
  'ReduceMin',
  'ReduceSum',
  'ReduceSumSquare',
  'Relu',
  'Reshape',
  'Resize',
  'ScatterElements',
  'ScatterND',
  'Selu',
  'Sigmoid',
  'SimplifiedLayerNormalization',
  'Sin',
  'Slice',
  'Softmax',
  'Softplus',
  'Softsign',
  'SpaceToDepth',
  'Split',
  'Sqrt',
  'Squeeze',
  'Sub',
  'Sum',
  'Tanh',
  'ThresholdedRelu',
  'Tile',
  'Transpose',
  'Trilu',
  'Unsqueeze',
  'Where',
] as const;

export type DifferentiableOperator = (typeof differentiableOperators)[number];

/**
 * One row per operator: its gradient, and which inputs are trainable parameters when they are
 * constant. Dropout is the identity: an inference graph holds it switched off, and training keeps
 * it so.
 */
export const gradientTable = {
  Abs: { gradient: absGradient },
  Add: { gradient: addGradient, parameters: [0, 1] },
  AveragePool: { gradient: averagePoolGradient },
  BatchNormalization: { gradient: batchNormalizationGradient, parameters: [1, 2] },
  Cast: { gradient: castGradient },
  Celu: { gradient: celuGradient },
  Clip: { gradient: clipGradient },
  Concat: { gradient: concatGradient },
  Conv: { gradient: convGradient, parameters: [1, 2] },
  ConvTranspose: { gradient: convTransposeGradient, parameters: [1, 2] },
  Cos: { gradient: cosGradient },
  CumSum: { gradient: cumSumGradient },
  DepthToSpace: { gradient: depthToSpaceGradient },
  DequantizeLinear: { gradient: dequantizeGradient },
  Div: { gradient: divGradient },
  Dropout: { gradient: identityGradient },
  Einsum: { gradient: einsumGradient, parameters: [0, 1, 2, 3] },
  Elu: { gradient: eluGradient },
  Erf: { gradient: erfGradient },
  Exp: { gradient: expGradient },
  Expand: { gradient: expandGradient },
  Flatten: { gradient: reshapeGradient },
  Gather: { gradient: gatherGradient, parameters: [0] },
  GatherElements: { gradient: gatherElementsGradient },
  GatherND: { gradient: gatherNdGradient },
  Gelu: { gradient: geluGradient },
  Gemm: { gradient: gemmGradient, parameters: [1, 2] },
  GlobalAveragePool: { gradient: globalAveragePoolGradient },
  GlobalMaxPool: { gradient: globalMaxPoolGradient },
  GroupNormalization: { gradient: groupNormalizationGradient, parameters: [1, 2] },
  HardSigmoid: { gradient: hardSigmoidGradient },
  HardSwish: { gradient: hardSwishGradient },
  Identity: { gradient: identityGradient },
  InstanceNormalization: { gradient: instanceNormalizationGradient, parameters: [1, 2] },
  LayerNormalization: { gradient: layerNormalizationGradient, parameters: [1, 2] },
  LeakyRelu: { gradient: leakyReluGradient },
  Log: { gradient: logGradient },
  LogSoftmax: { gradient: logSoftmaxGradient },
  LpNormalization: { gradient: lpNormalizationGradient },
  MatMul: { gradient: matMulGradient, parameters: [0, 1] },
  Max: { gradient: extremeGradient },
  MaxPool: { gradient: maxPoolGradient },
  Mean: { gradient: meanGradient },
  Min: { gradient: extremeGradient },
  Mish: { gradient: mishGradient },
  Mul: { gradient: mulGradient },
  Neg: { gradient: negGradient },
  PRelu: { gradient: preluGradient, parameters: [1] },
  Pad: { gradient: padGradient },
  Pow: { gradient: powGradient },
  QuantizeLinear: { gradient: quantizeGradient },
  RMSNormalization: { gradient: rmsNormalizationGradient, parameters: [1] },
  Reciprocal: { gradient: reciprocalGradient },
  ReduceL1: { gradient: reduceL1Gradient },
  ReduceL2: { gradient: reduceL2Gradient },
  ReduceLogSum: { gradient: reduceLogSumGradient },
  ReduceLogSumExp: { gradient: reduceLogSumExpGradient },
  ReduceMax: { gradient: reduceExtremeGradient },
  ReduceMean: { gradient: reduceMeanGradient },
  ReduceMin: { gradient: reduceExtremeGradient },
  ReduceSum: { gradient: reduceSumGradient },
  ReduceSumSquare: { gradient: reduceSumSquareGradient },
  Relu: { gradient: reluGradient },
  Reshape: { gradient: reshapeGradient },
  Resize: { gradient: resizeGradient },
  ScatterElements: { gradient: scatterElementsGradient },
  ScatterND: { gradient: scatterNdGradient },
  Selu: { gradient: seluGradient },
  Sigmoid: { gradient: sigmoidGradient },
  // ONNX Runtime's own, though it lies in the default domain.
  SimplifiedLayerNormalization: { gradient: rmsNormalizationGradient, parameters: [1] },
  Sin: { gradient: sinGradient },
  Slice: { gradient: sliceGradient },
  Softmax: { gradient: softmaxGradient },
  Softplus: { gradient: softplusGradient },
  Softsign: { gradient: softsignGradient },
  SpaceToDepth: { gradient: spaceToDepthGradient },
  Split: { gradient: splitGradient, parts: true },
  Sqrt: { gradient: sqrtGradient },
  Squeeze: { gradient: reshapeGradient },
  Sub: { gradient: subGradient },
  Sum: { gradient: sumGradient },
  Tanh: { gradient: tanhGradient },
  ThresholdedRelu: { gradient: thresholdedReluGradient },
  Tile: { gradient: tileGradient },
  Transpose: { gradient: transposeGradient },
  Trilu: { gradient: triluGradient },
  Unsqueeze: { gradient: reshapeGradient },
  Where: { gradient: whereGradient },
} as const satisfies Record<DifferentiableOperator, OperatorRule>;

const rules: ReadonlyMap<string, OperatorRule> = new Map(Object.entries(gradientTable));

const contribRules: ReadonlyMap<string, OperatorRule> = new Map(Object.entries(contribTable));

/** dL/dreal = dL/dy; what is shown learns nothing. */
const straightThroughRule: OperatorRule = { gradient: ({ dy }) => [dy, undefined] };

/** The rule of an operator of the default domain, ONNX Runtime's or this project's, if there is one. */
export function ruleOf(domain: string, opType: string): OperatorRule | undefined {
  if (domain === straightThroughDomain && opType === straightThroughName)
    return straightThroughRule;
  if (domain === 'com.microsoft') return contribRules.get(opType);
  return domain === '' ? rules.get(opType) : undefined;
}
