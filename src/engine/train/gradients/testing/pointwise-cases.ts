import {
  floatAttribute,
  intAttribute,
  stringAttribute,
  type Attribute,
} from '../../../graph/index.ts';
import { float32Tensor, int64Tensor, makeTensor, type Tensor } from '../../../tensor/index.ts';
import type { GradientCase } from '../../testing/gradient-case.ts';
import {
  binary,
  direct,
  positive,
  unary,
  withInts,
  type Attributes,
  type Dims,
} from './case-forms.ts';

/** Elementary functions, activations, Min and Max, Where, Cast, reductions. */

/** Small: these differ only element by element. */
const curve = (
  opType: string,
  attributes: Attributes = {},
  domain?: (x: number) => number,
): GradientCase =>
  direct([opType, ...Object.keys(attributes)].join(' '), opType, { x: [2, 5] }, attributes, domain);

/** `opType(x, constant)`. */
const withConstant = (
  name: string,
  opType: string,
  x: Dims,
  constant: Tensor,
  attributes: Attributes = {},
  domain?: (x: number) => number,
): GradientCase => ({
  name,
  variables: { x },
  build: (edit, [input]) =>
    edit.op(opType, [input, edit.addConstant('constant', constant)], attributes),
  ...(domain === undefined ? {} : { domain }),
});

const power = (exponent: number, domain?: (x: number) => number): GradientCase =>
  withConstant(`Pow ${exponent}`, 'Pow', [2, 3], float32Tensor([], [exponent]), {}, domain);

const floats = (...values: number[]): Tensor => float32Tensor([values.length], values);

const extremes = (opType: 'Max' | 'Min'): GradientCase[] => [
  ...binary(opType),
  direct(`${opType} of one`, opType, { a: [2, 3] }),
  direct(`${opType} of three`, opType, { a: [2, 3], b: [3], c: [2, 1] }),
  withConstant(`${opType} with a constant`, opType, [2, 4], floats(-1, 0.02, 0.04, 3)),
];

const conditions = makeTensor('bool', [2, 3], Uint8Array.of(1, 0, 0, 1, 1, 0));
const oneRow = makeTensor('bool', [3], Uint8Array.of(1, 0, 1));
const where = (name: string, a: Dims, b: Dims, condition: Tensor): GradientCase => ({
  name: `Where ${name}`,
  variables: { a, b },
  build: (edit, [first, second]) =>
    edit.op('Where', [edit.addConstant('condition', condition), first, second]),
});

/** x → `to` → float32 between two products, so that the gradient passes through both casts. */
const castCase = (name: string, to: number): GradientCase => ({
  name: `Cast ${name}`,
  variables: { x: [2, 3] },
  build: (edit, [x]) => {
    const there = edit.op('Cast', [x], { to: intAttribute(to) });
    return edit.op('Cast', [there], { to: intAttribute(1) });
  },
});

/** x · cast(round x): the second factor counts as constant. */
const stopped: GradientCase = {
  name: 'Cast to integers stops the gradient',
  variables: { x: [2, 3] },
  domain: (x) => x * 3 + 0.11,
  build: (edit, [x]) => {
    const whole = edit.op('Cast', [x], { to: intAttribute(7) });
    return edit.op('Mul', [x, edit.op('Cast', [whole], { to: intAttribute(1) })]);
  },
};

const reduction = (opType: string, domain?: (x: number) => number): GradientCase[] =>
  (
    [
      [[2, 3, 4], [2], {}],
      [[2, 3, 2, 2], [-1, 1], { keepdims: intAttribute(0) }],
      [[3, 2], [0], { keepdims: intAttribute(0) }],
    ] as [number[], number[], Record<string, Attribute>][]
  )
    .map(([x, axes, attributes]) => withInts(opType, x, axes, attributes))
    .concat(direct(`${opType} all`, opType, { x: [2, 3] }, { keepdims: intAttribute(0) }))
    .map((test) => (domain === undefined ? test : { ...test, domain }));

const nothing = withInts('ReduceSum', [2, 3], [], { noop_with_empty_axes: intAttribute(1) });

export const pointwiseCases = {
  Abs: [curve('Abs')],
  Cast: [castCase('to float64 and back', 11), stopped],
  Celu: [curve('Celu'), curve('Celu', { alpha: floatAttribute(0.6) })],
  Cos: [curve('Cos')],
  CumSum: [
    withConstant('CumSum', 'CumSum', [2, 4], int64Tensor([], [1])),
    withConstant('CumSum exclusive', 'CumSum', [3, 2], int64Tensor([], [0]), {
      exclusive: intAttribute(1),
    }),
    withConstant('CumSum reverse', 'CumSum', [2, 3], int64Tensor([], [-1]), {
      exclusive: intAttribute(1),
      reverse: intAttribute(1),
    }),
  ],
  Elu: [curve('Elu'), curve('Elu', { alpha: floatAttribute(0.7) })],
  Erf: [curve('Erf')],
  Gelu: [
    { ...curve('Gelu'), opset: 20 },
    { ...curve('Gelu', { approximate: stringAttribute('tanh') }), opset: 20 },
  ],
  Max: extremes('Max'),
  Mean: [direct('Mean', 'Mean', { a: [2, 3], b: [3], c: [2, 1] })],
  Min: extremes('Min'),
  Mish: [curve('Mish')],
  PRelu: [
    direct('PRelu per channel', 'PRelu', { x: [2, 3, 2], slope: [3, 1] }),
    direct('PRelu one slope', 'PRelu', { x: [2, 4], slope: [1] }),
    direct('PRelu a slope each', 'PRelu', { x: [2, 3], slope: [2, 3] }),
  ],
  Pow: [
    ...binary('Pow', positive),
    power(0),
    power(1),
    power(2),
    power(3),
    power(-2, positive),
    power(0.5, positive),
    withConstant('Pow of an integer exponent', 'Pow', [2, 3], int64Tensor([3], [2, 1, 4])),
  ],
  Reciprocal: [curve('Reciprocal', {}, positive)],
  ReduceL1: reduction('ReduceL1'),
  ReduceL2: reduction('ReduceL2'),
  ReduceLogSum: reduction('ReduceLogSum', positive),
  ReduceLogSumExp: reduction('ReduceLogSumExp'),
  ReduceMax: reduction('ReduceMax'),
  ReduceMean: reduction('ReduceMean'),
  ReduceMin: reduction('ReduceMin'),
  ReduceSum: [...reduction('ReduceSum'), nothing],
  ReduceSumSquare: reduction('ReduceSumSquare'),
  Selu: [curve('Selu'), curve('Selu', { alpha: floatAttribute(1.3), gamma: floatAttribute(0.8) })],
  Sin: [curve('Sin')],
  Softplus: [curve('Softplus')],
  Softsign: [curve('Softsign')],
  Sum: [direct('Sum', 'Sum', { a: [2, 3], b: [3], c: [2, 1] }), ...unary('Sum')],
  ThresholdedRelu: [
    curve('ThresholdedRelu'),
    curve('ThresholdedRelu', { alpha: floatAttribute(0.3) }),
  ],
  Where: [
    where('alike', [2, 3], [2, 3], conditions),
    where('broadcast operands', [3], [2, 1], conditions),
    where('scalar', [2, 3], [], conditions),
    where('broadcast condition', [2, 2, 3], [2, 1, 1], oneRow),
  ],
} satisfies Record<string, GradientCase[]>;
