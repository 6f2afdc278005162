import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../../cli/node-runtime.ts';
import {
  floatAttribute,
  intAttribute,
  intsAttribute,
  stringAttribute,
  type Attribute,
} from '../../graph/index.ts';
import type { Runtime } from '../../runtime/index.ts';
import { float32Tensor, int64Tensor } from '../../tensor/index.ts';
import { expectGradient, type GradientCase } from '../testing/gradient-check.ts';
import { differentiableOperators, type DifferentiableOperator } from './table.ts';

type Dims = readonly number[];
type Attributes = Readonly<Record<string, Attribute>>;

/** A case whose operator takes its variables as inputs. */
const direct = (
  name: string,
  opType: string,
  variables: Record<string, Dims>,
  attributes: Attributes = {},
  domain?: (x: number) => number,
): GradientCase => ({
  name,
  variables,
  build: (edit, inputs) => edit.op(opType, inputs, attributes),
  ...(domain === undefined ? {} : { domain }),
});

const unary = (
  opType: string,
  attributes: Attributes = {},
  domain?: (x: number) => number,
): GradientCase[] => [direct(opType, opType, { x: [2, 3, 4] }, attributes, domain)];

const ints = (...values: number[]): Attribute => intsAttribute(values);
const positive = (x: number): number => Math.abs(x) + 0.5;

const convCases: GradientCase[] = [
  ['plain', [2, 2, 5, 4], [3, 2, 3, 2], {}],
  ['padded', [2, 2, 4, 5], [3, 2, 3, 3], { pads: ints(1, 1, 1, 1) }],
  ['uneven pads', [2, 1, 4, 5], [2, 1, 3, 3], { pads: ints(0, 2, 1, 1) }],
  ['stride 2, rest untouched', [2, 2, 6, 6], [2, 2, 3, 3], { strides: ints(2, 2) }],
  [
    'stride 2, padded, even input',
    [2, 2, 6, 6],
    [2, 2, 3, 3],
    { strides: ints(2, 2), pads: ints(1, 1, 1, 1) },
  ],
  ['stride 3 by 2', [2, 1, 8, 7], [2, 1, 2, 3], { strides: ints(3, 2), pads: ints(1, 0, 1, 1) }],
  ['stride beyond the kernel', [2, 2, 5, 6], [2, 2, 1, 1], { strides: ints(2, 2) }],
  ['dilated', [2, 1, 7, 6], [2, 1, 3, 2], { dilations: ints(2, 3), pads: ints(1, 1, 1, 1) }],
  [
    'dilated and strided',
    [2, 1, 8, 7],
    [2, 1, 2, 2],
    { dilations: ints(2, 2), strides: ints(2, 3) },
  ],
  ['1×1', [2, 3, 3, 3], [4, 3, 1, 1], {}],
  ['groups', [2, 4, 4, 4], [6, 2, 3, 3], { group: intAttribute(2), pads: ints(1, 1, 1, 1) }],
  [
    'groups, stride 2',
    [2, 4, 6, 5],
    [4, 2, 3, 3],
    { group: intAttribute(2), strides: ints(2, 2), pads: ints(1, 1, 1, 1) },
  ],
  ['depthwise', [2, 3, 4, 5], [3, 1, 3, 3], { group: intAttribute(3), pads: ints(1, 1, 1, 1) }],
  [
    'depthwise, dilated',
    [2, 2, 6, 6],
    [2, 1, 2, 3],
    { group: intAttribute(2), dilations: ints(2, 2) },
  ],
  [
    'depthwise, stride 2',
    [2, 3, 6, 6],
    [3, 1, 3, 3],
    { group: intAttribute(3), strides: ints(2, 2), pads: ints(1, 1, 1, 1) },
  ],
  [
    'depthwise, multiplier 2',
    [2, 2, 4, 4],
    [4, 1, 3, 3],
    { group: intAttribute(2), pads: ints(1, 1, 1, 1) },
  ],
  [
    'SAME_UPPER, stride 2',
    [2, 1, 6, 5],
    [2, 1, 3, 2],
    { auto_pad: stringAttribute('SAME_UPPER'), strides: ints(2, 2) },
  ],
  ['SAME_LOWER', [2, 1, 4, 4], [2, 1, 2, 2], { auto_pad: stringAttribute('SAME_LOWER') }],
  ['VALID', [2, 1, 4, 4], [2, 1, 2, 2], { auto_pad: stringAttribute('VALID') }],
  ['one axis', [2, 2, 7], [3, 2, 3], { strides: ints(2), pads: ints(1, 0) }],
].map(([name, x, w, attributes]) =>
  direct(
    `Conv ${name as string}`,
    'Conv',
    { x: x as Dims, w: w as Dims, b: [(w as number[])[0] ?? 0] },
    attributes as Attributes,
  ),
);

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

const poolCases = (opType: 'MaxPool' | 'AveragePool'): GradientCase[] => {
  const cases: [string, Dims, Attributes][] = [
    ['2×2', [2, 2, 4, 6], { kernel_shape: ints(2, 2), strides: ints(2, 2) }],
    ['rest untouched', [2, 1, 5, 5], { kernel_shape: ints(2, 2), strides: ints(2, 2) }],
    [
      'overlapping, padded',
      [2, 1, 5, 6],
      { kernel_shape: ints(3, 3), strides: ints(2, 2), pads: ints(1, 1, 1, 1) },
    ],
    ['stride 1', [2, 1, 4, 4], { kernel_shape: ints(2, 3) }],
    [
      'ceil mode',
      [2, 1, 6, 5],
      { kernel_shape: ints(3, 2), strides: ints(2, 2), ceil_mode: intAttribute(1) },
    ],
  ];
  return cases.map(([name, x, attributes]) =>
    direct(`${opType} ${name}`, opType, { x }, attributes),
  );
};

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

const withInts = (
  opType: string,
  x: Dims,
  values: readonly number[],
  attributes: Attributes = {},
): GradientCase => ({
  name: `${opType} ${values.join(',')}`,
  variables: { x },
  build: (edit, [input]) =>
    edit.op(
      opType,
      [input, edit.addConstant('ints', int64Tensor([values.length], values))],
      attributes,
    ),
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

const binary = (opType: string, domain?: (x: number) => number): GradientCase[] => [
  direct(opType, opType, { a: [2, 3], b: [2, 3] }, {}, domain),
  direct(`${opType} row`, opType, { a: [2, 3, 4], b: [4] }, {}, domain),
  direct(`${opType} channel`, opType, { a: [3, 1, 1], b: [2, 3, 2, 2] }, {}, domain),
  direct(`${opType} both repeated`, opType, { a: [2, 1, 3], b: [4, 1] }, {}, domain),
  direct(`${opType} scalar`, opType, { a: [2, 3], b: [] }, {}, domain),
];

/** At least one case per operator of the table: a new row without a check does not compile. */
const cases = {
  Add: binary('Add'),
  AveragePool: [
    ...poolCases('AveragePool'),
    direct(
      'AveragePool counting pads',
      'AveragePool',
      { x: [2, 2, 4, 4] },
      {
        kernel_shape: ints(3, 3),
        pads: ints(1, 1, 1, 1),
        count_include_pad: intAttribute(1),
      },
    ),
  ],
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
  Conv: convCases,
  Div: binary('Div', positive),
  Dropout: unary('Dropout'),
  Exp: unary('Exp'),
  Flatten: [
    direct('Flatten', 'Flatten', { x: [2, 3, 2] }),
    direct('Flatten 2', 'Flatten', { x: [2, 3, 2] }, { axis: intAttribute(2) }),
  ],
  Gemm: gemmCases,
  GlobalAveragePool: [direct('GlobalAveragePool', 'GlobalAveragePool', { x: [2, 3, 2, 4] })],
  GlobalMaxPool: [direct('GlobalMaxPool', 'GlobalMaxPool', { x: [2, 3, 2, 4] })],
  HardSigmoid: unary('HardSigmoid', { alpha: floatAttribute(0.4), beta: floatAttribute(0.45) }),
  HardSwish: unary('HardSwish', {}, (x) => 2.3 * x),
  Identity: unary('Identity'),
  LeakyRelu: unary('LeakyRelu', { alpha: floatAttribute(0.2) }),
  Log: unary('Log', {}, positive),
  LogSoftmax: [
    direct('LogSoftmax', 'LogSoftmax', { x: [3, 4] }),
    direct('LogSoftmax 1', 'LogSoftmax', { x: [2, 3, 2] }, { axis: intAttribute(1) }),
  ],
  MatMul: [
    direct('MatMul', 'MatMul', { a: [3, 4], b: [4, 2] }),
    direct('MatMul batches by one matrix', 'MatMul', { a: [2, 3, 4], b: [4, 2] }),
    direct('MatMul batches', 'MatMul', { a: [2, 2, 3, 2], b: [2, 2, 2, 3] }),
    direct('MatMul repeated batches', 'MatMul', { a: [3, 1, 2, 3], b: [2, 3, 2] }),
  ],
  MaxPool: poolCases('MaxPool'),
  Mul: binary('Mul'),
  Neg: unary('Neg'),
  ReduceMean: [
    withInts('ReduceMean', [2, 3, 4], [2]),
    withInts('ReduceMean', [2, 3, 2, 2], [-1, 2], { keepdims: intAttribute(0) }),
  ],
  ReduceSum: [
    withInts('ReduceSum', [2, 3, 4], [0, 2]),
    withInts('ReduceSum', [2, 3], [1], { keepdims: intAttribute(0) }),
    direct('ReduceSum all', 'ReduceSum', { x: [2, 3] }),
  ],
  Relu: unary('Relu'),
  Reshape: [withInts('Reshape', [2, 3, 4], [0, 12]), withInts('Reshape', [2, 6], [-1, 3])],
  Sigmoid: unary('Sigmoid'),
  Softmax: [
    direct('Softmax', 'Softmax', { x: [3, 4] }),
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
} satisfies Record<DifferentiableOperator, GradientCase[]>;

describe('gradients against finite differences', () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createNodeRuntime('wasm', 1);
  });
  afterAll(() => runtime.dispose());

  for (const operator of differentiableOperators)
    it.each(cases[operator].map((test) => [test.name, test] as const))(
      '%s',
      async (_name, test) => {
        await expectGradient(runtime, test);
      },
    );

  it('notices a wrong gradient', async () => {
    const wrong: GradientCase = {
      name: 'wrong',
      variables: { x: [2, 3] },
      // Relu of a value right at its kink has no derivative: any gradient disagrees with the difference quotient.
      domain: () => 0,
      build: (edit, [x]) => edit.op('Relu', [x]),
    };
    await expect(expectGradient(runtime, wrong)).rejects.toThrow('relative error');
  });
});
