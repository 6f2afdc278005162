import { convGradient } from './conv.ts';
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
import { gemmGradient, matMulGradient } from './matrix-product.ts';
import { batchNormalizationGradient } from './normalization.ts';
import {
  averagePoolGradient,
  globalAveragePoolGradient,
  globalMaxPoolGradient,
  maxPoolGradient,
} from './pool.ts';
import type { OperatorRule } from './rule.ts';
import {
  concatGradient,
  reduceMeanGradient,
  reduceSumGradient,
  reshapeGradient,
  transposeGradient,
} from './shape-moves.ts';
import { logSoftmaxGradient, softmaxGradient } from './softmax.ts';

/** The operators of the default domain that can be trained through, opset 13 and later. */
export const differentiableOperators = [
  'Add',
  'AveragePool',
  'BatchNormalization',
  'Clip',
  'Concat',
  'Conv',
  'Div',
  'Dropout',
  'Exp',
  'Flatten',
  'Gemm',
  'GlobalAveragePool',
  'GlobalMaxPool',
  'HardSigmoid',
  'HardSwish',
  'Identity',
  'LeakyRelu',
  'Log',
  'LogSoftmax',
  'MatMul',
  'MaxPool',
  'Mul',
  'Neg',
  'ReduceMean',
  'ReduceSum',
  'Relu',
  'Reshape',
  'Sigmoid',
  'Softmax',
  'Sqrt',
  'Squeeze',
  'Sub',
  'Tanh',
  'Transpose',
  'Unsqueeze',
] as const;

export type DifferentiableOperator = (typeof differentiableOperators)[number];

/**
 * One row per operator: its gradient, and which inputs are trainable parameters when they are
 * constant. Dropout is the identity: an inference graph holds it switched off, and training keeps
 * it so.
 */
export const gradientTable = {
  Add: { gradient: addGradient, parameters: [0, 1] },
  AveragePool: { gradient: averagePoolGradient },
  BatchNormalization: { gradient: batchNormalizationGradient, parameters: [1, 2] },
  Clip: { gradient: clipGradient },
  Concat: { gradient: concatGradient },
  Conv: { gradient: convGradient, parameters: [1, 2] },
  Div: { gradient: divGradient },
  Dropout: { gradient: identityGradient },
  Exp: { gradient: expGradient },
  Flatten: { gradient: reshapeGradient },
  Gemm: { gradient: gemmGradient, parameters: [1, 2] },
  GlobalAveragePool: { gradient: globalAveragePoolGradient },
  GlobalMaxPool: { gradient: globalMaxPoolGradient },
  HardSigmoid: { gradient: hardSigmoidGradient },
  HardSwish: { gradient: hardSwishGradient },
  Identity: { gradient: identityGradient },
  LeakyRelu: { gradient: leakyReluGradient },
  Log: { gradient: logGradient },
  LogSoftmax: { gradient: logSoftmaxGradient },
  MatMul: { gradient: matMulGradient, parameters: [0, 1] },
  MaxPool: { gradient: maxPoolGradient },
  Mul: { gradient: mulGradient },
  Neg: { gradient: negGradient },
  ReduceMean: { gradient: reduceMeanGradient },
  ReduceSum: { gradient: reduceSumGradient },
  Relu: { gradient: reluGradient },
  Reshape: { gradient: reshapeGradient },
  Sigmoid: { gradient: sigmoidGradient },
  Softmax: { gradient: softmaxGradient },
  Sqrt: { gradient: sqrtGradient },
  Squeeze: { gradient: reshapeGradient },
  Sub: { gradient: subGradient },
  Tanh: { gradient: tanhGradient },
  Transpose: { gradient: transposeGradient },
  Unsqueeze: { gradient: reshapeGradient },
} as const satisfies Record<DifferentiableOperator, OperatorRule>;

const rules: ReadonlyMap<string, OperatorRule> = new Map(Object.entries(gradientTable));

/** The rule of an operator of the default domain, if there is one. */
export const ruleOf = (domain: string, opType: string): OperatorRule | undefined =>
  domain === '' ? rules.get(opType) : undefined;
