import { floatAttribute, intAttribute } from '../../../graph/index.ts';
import { float32Tensor } from '../../../tensor/index.ts';
import type { GradientCase } from '../../testing/gradient-case.ts';
import { binary, direct, ints, positive, unary, withInts, type Dims } from './case-forms.ts';

/** Products, activations, BatchNormalization and the common shape moves. */

const gemmCases: GradientCase[] = [
  direct('Gemm', 'Gemm', { a: [3, 4], b: [4, 2], c: [2] }),
  direct(
    'Gemm transB, scaled',
    'Gemm',
    { a: [3, 4], b: [2, 4], c: [3, 1] },
    {
      transB: intAttribute(1),
      alpha: floatAttribute(0.5),
      beta: floatAttribute(1.5),
    },
  ),
  direct(
    'Gemm transA',
    'Gemm',
    { a: [4, 3], b: [4, 2] },
    { transA: intAttribute(1), alpha: floatAttribute(2) },
  ),
  direct(
    'Gemm both',
    'Gemm',
    { a: [4, 3], b: [2, 4], c: [3, 2] },
    { transA: intAttribute(1), transB: intAttribute(1) },
  ),
];

/** Running statistics of any value: the batch form replaces them. */
const batchNorm = (name: string, x: Dims, form: 'batch' | 'frozen'): GradientCase => ({
  name,
  variables: { x, gamma: [x[1] ?? 0], beta: [x[1] ?? 0] },
  batchNormalization: form,
  build: (edit, [input, gamma, beta]) =>
    edit.op('BatchNormalization', [
      input,
      gamma,
      beta,
      edit.addConstant('mean', float32Tensor([x[1] ?? 0], new Float32Array(x[1] ?? 0).fill(0.3))),
      edit.addConstant(
        'variance',
        float32Tensor([x[1] ?? 0], new Float32Array(x[1] ?? 0).fill(1.7)),
      ),
    ]),
});

const clip = (low: number | undefined, high: number | undefined): GradientCase => ({
  name: `Clip ${low}..${high}`,
  variables: { x: [2, 3, 4] },
  build: (edit, [x]) =>
    edit.op('Clip', [
      x,
      low === undefined ? undefined : edit.addConstant('low', float32Tensor([], [low])),
      high === undefined ? undefined : edit.addConstant('high', float32Tensor([], [high])),
    ]),
});

export const firstCases = {
  Add: binary('Add'),
  BatchNormalization: [
    batchNorm('BatchNormalization over images', [3, 2, 3, 2], 'batch'),
    batchNorm('BatchNormalization over vectors', [6, 3], 'batch'),
    batchNorm('BatchNormalization frozen', [2, 2, 3, 2], 'frozen'),
  ],
  Clip: [clip(0, 1.1), clip(-0.53, undefined), clip(undefined, 0.71), clip(undefined, undefined)],
  Concat: [
    direct('Concat', 'Concat', { a: [2, 1, 3], b: [2, 2, 3] }, { axis: intAttribute(1) }),
    direct(
      'Concat last',
      'Concat',
      { a: [2, 3], b: [2, 1], c: [2, 2] },
      { axis: intAttribute(-1) },
    ),
  ],
  Div: binary('Div', positive),
  Dropout: unary('Dropout'),
  Exp: unary('Exp'),
  Flatten: [
    direct('Flatten', 'Flatten', { x: [2, 3, 2] }),
    direct('Flatten 2', 'Flatten', { x: [2, 3, 2] }, { axis: intAttribute(2) }),
  ],
  Gemm: gemmCases,
  HardSigmoid: unary('HardSigmoid', { alpha: floatAttribute(0.4), beta: floatAttribute(0.45) }),
  HardSwish: unary('HardSwish', {}, (x) => 2.3 * x),
  Identity: unary('Identity'),
  LeakyRelu: unary('LeakyRelu', { alpha: floatAttribute(0.2) }),
  Log: unary('Log', {}, positive),
  LogSoftmax: [
    direct('LogSoftmax', 'LogSoftmax', { x: [3, 4] }),
    direct('LogSoftmax -3', 'LogSoftmax', { x: [2, 2, 2] }, { axis: intAttribute(-3) }),
    direct('LogSoftmax 1', 'LogSoftmax', { x: [2, 3, 2] }, { axis: intAttribute(1) }),
  ],
  MatMul: [
    direct('MatMul', 'MatMul', { a: [3, 4], b: [4, 2] }),
    direct('MatMul batches by one matrix', 'MatMul', { a: [2, 3, 4], b: [4, 2] }),
    direct('MatMul batches', 'MatMul', { a: [2, 2, 3, 2], b: [2, 2, 2, 3] }),
    direct('MatMul vector by vector', 'MatMul', { a: [3], b: [3] }),
    direct('MatMul vector by matrix', 'MatMul', { a: [3], b: [3, 2] }),
    direct('MatMul matrix by vector', 'MatMul', { a: [2, 3], b: [3] }),
    direct('MatMul batches by vector', 'MatMul', { a: [2, 3, 4], b: [4] }),
    direct('MatMul vector by batches', 'MatMul', { a: [4], b: [2, 4, 3] }),
    direct('MatMul repeated batches', 'MatMul', { a: [3, 1, 2, 3], b: [2, 3, 2] }),
  ],
  Mul: binary('Mul'),
  Neg: unary('Neg'),
  Relu: unary('Relu'),
  Reshape: [withInts('Reshape', [2, 3, 4], [0, 12]), withInts('Reshape', [2, 6], [-1, 3])],
  Sigmoid: unary('Sigmoid'),
  Softmax: [
    direct('Softmax', 'Softmax', { x: [3, 4] }),
    direct('Softmax 0', 'Softmax', { x: [3, 2] }, { axis: intAttribute(0) }),
    direct('Softmax 1', 'Softmax', { x: [2, 3, 2] }, { axis: intAttribute(1) }),
  ],
  Sqrt: unary('Sqrt', {}, positive),
  Squeeze: [withInts('Squeeze', [2, 1, 3], [1])],
  Sub: binary('Sub'),
  Tanh: unary('Tanh'),
  Transpose: [
    direct('Transpose', 'Transpose', { x: [2, 3, 2] }, { perm: ints(2, 0, 1) }),
    direct('Transpose all', 'Transpose', { x: [2, 3, 4] }),
  ],
  Unsqueeze: [withInts('Unsqueeze', [2, 3], [1, -1])],
} satisfies Record<string, GradientCase[]>;
