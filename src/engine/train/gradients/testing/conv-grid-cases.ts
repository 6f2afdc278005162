import { intAttribute, stringAttribute } from '../../../graph/index.ts';
import type { GradientCase } from '../../testing/gradient-case.ts';
import { direct, ints, type Attributes, type Dims } from './case-forms.ts';

/** Convolutions over a grid of strides, dilations, groups and pads, in one axis and two, and their transposes. */

const auto = (name: string): Attributes => ({ auto_pad: stringAttribute(name) });
const group = (count: number): Attributes => ({ group: intAttribute(count) });

const withBias = (
  opType: string,
  name: string,
  x: Dims,
  w: Dims,
  bias: number,
  attributes: Attributes,
): GradientCase => direct(`${opType} ${name}`, opType, { x, w, b: [bias] }, attributes);

/** Stride × dilation × groups, along one axis, so that the whole grid stays quick. */
const grid = [1, 2, 3].flatMap((stride) =>
  [1, 2].flatMap((dilation) =>
    [1, 2, 4].map((groups) => ({
      name: `grid s${stride} d${dilation} g${groups}`,
      groups,
      attributes: {
        strides: ints(stride),
        dilations: ints(dilation),
        pads: ints(2, 1),
        ...group(groups),
      },
    })),
  ),
);

export const convGrid: GradientCase[] = [
  ...grid.map(({ name, groups, attributes }) =>
    withBias('Conv', name, [2, 4, 8], [4, 4 / groups, 3], 4, attributes),
  ),
  ...(
    [
      ['SAME_UPPER, even kernel', [2, 2, 5, 6], [2, 2, 2, 4], auto('SAME_UPPER')],
      ['SAME_LOWER, even kernel', [2, 2, 5, 6], [2, 2, 2, 4], auto('SAME_LOWER')],
      [
        'SAME_LOWER, strides',
        [2, 1, 7, 6],
        [2, 1, 4, 3],
        { ...auto('SAME_LOWER'), strides: ints(2, 3) },
      ],
      ['VALID, strides', [2, 1, 7, 6], [2, 1, 3, 2], { ...auto('VALID'), strides: ints(2, 2) }],
      [
        'SAME_UPPER, groups',
        [2, 4, 6, 5],
        [4, 2, 2, 3],
        { ...auto('SAME_UPPER'), ...group(2), strides: ints(2, 1) },
      ],
      [
        'all at once',
        [2, 4, 9, 8],
        [6, 2, 3, 2],
        { ...group(2), strides: ints(2, 3), dilations: ints(1, 2), pads: ints(2, 0, 1, 3) },
      ],
      [
        '1×1, strides and pads',
        [2, 2, 5, 4],
        [3, 2, 1, 1],
        { strides: ints(2, 1), pads: ints(1, 0, 0, 1) },
      ],
      ['three axes', [2, 2, 3, 4, 3], [2, 2, 2, 2, 2], { pads: ints(1, 0, 0, 0, 1, 1) }],
    ] as const
  ).map(([name, x, w, attributes]) => withBias('Conv', name, x, w, w[0], attributes as Attributes)),
];

const transposes: readonly (readonly [string, Dims, Dims, number, Attributes])[] = [
  ['plain', [2, 3, 3, 4], [3, 2, 3, 2], 2, {}],
  ['1×1', [2, 3, 3, 2], [3, 4, 1, 1], 4, {}],
  ['stride 2', [2, 2, 3, 3], [2, 2, 2, 2], 2, { strides: ints(2, 2) }],
  [
    'stride 2, padded',
    [2, 2, 3, 4],
    [2, 1, 4, 4],
    1,
    { strides: ints(2, 2), pads: ints(1, 1, 1, 1) },
  ],
  ['uneven pads', [2, 1, 4, 3], [1, 2, 3, 3], 2, { pads: ints(0, 2, 1, 1) }],
  [
    'output padding',
    [2, 2, 3, 3],
    [2, 2, 3, 3],
    2,
    { strides: ints(2, 3), pads: ints(1, 1, 1, 1), output_padding: ints(1, 2) },
  ],
  [
    'output padding behind everything',
    [2, 1, 2, 3],
    [1, 2, 1, 1],
    2,
    { strides: ints(2, 2), output_padding: ints(1, 1) },
  ],
  ['dilated', [2, 2, 3, 3], [2, 1, 2, 3], 1, { dilations: ints(2, 2), strides: ints(1, 2) }],
  [
    'output padding, dilated',
    [2, 1, 3, 3],
    [1, 1, 2, 2],
    1,
    { dilations: ints(3, 3), strides: ints(3, 2), output_padding: ints(2, 1) },
  ],
  ['SAME_UPPER', [2, 2, 3, 3], [2, 1, 3, 2], 1, { ...auto('SAME_UPPER'), strides: ints(2, 1) }],
  ['SAME_LOWER', [2, 2, 3, 3], [2, 1, 3, 2], 1, { ...auto('SAME_LOWER'), strides: ints(2, 1) }],
  ['VALID', [2, 2, 3, 3], [2, 1, 3, 2], 1, { ...auto('VALID'), strides: ints(2, 1) }],
  [
    'to a given size',
    [2, 1, 3, 3],
    [1, 1, 3, 3],
    1,
    { strides: ints(2, 2), output_shape: ints(6, 5) },
  ],
  ['three axes', [2, 2, 2, 2, 3], [2, 1, 2, 2, 2], 1, { strides: ints(2, 1, 2) }],
];

export const convTransposeGrid: GradientCase[] = [
  ...grid.map(({ name, groups, attributes }) =>
    withBias('ConvTranspose', name, [2, 4, 4], [4, 4 / groups, 3], 4, attributes),
  ),
  ...transposes.map(([name, x, w, bias, attributes]) =>
    withBias('ConvTranspose', name, x, w, bias, attributes),
  ),
];

const pool = (
  opType: string,
  name: string,
  x: Dims,
  kernel: readonly number[],
  attributes: Attributes,
): GradientCase =>
  direct(`${opType} ${name}`, opType, { x }, { kernel_shape: ints(...kernel), ...attributes });

const pools = (opType: string): GradientCase[] => [
  pool(opType, 'one axis', [2, 2, 7], [3], { strides: ints(2), pads: ints(1, 0) }),
  pool(opType, 'uneven pads', [2, 1, 5, 6], [3, 2], {
    strides: ints(2, 1),
    pads: ints(0, 1, 2, 0),
  }),
  pool(opType, 'SAME_UPPER', [2, 1, 5, 6], [2, 3], { ...auto('SAME_UPPER'), strides: ints(2, 2) }),
  pool(opType, 'SAME_LOWER', [2, 1, 5, 6], [2, 3], { ...auto('SAME_LOWER'), strides: ints(2, 2) }),
  pool(opType, 'VALID', [2, 1, 5, 6], [2, 3], { ...auto('VALID'), strides: ints(2, 2) }),
  pool(opType, 'ceil mode, padded', [2, 1, 6, 7], [3, 3], {
    strides: ints(2, 3),
    pads: ints(1, 0, 0, 1),
    ceil_mode: intAttribute(1),
  }),
  pool(opType, 'stride beyond the kernel', [2, 2, 7, 5], [2, 1], { strides: ints(3, 2) }),
  pool(opType, 'three axes', [2, 1, 4, 4, 3], [2, 2, 2], { strides: ints(2, 2, 1) }),
];

export const averagePoolGrid: GradientCase[] = [
  ...pools('AveragePool'),
  pool('AveragePool', 'counting pads, ceil mode', [2, 1, 6, 7], [3, 3], {
    strides: ints(2, 3),
    pads: ints(1, 0, 0, 1),
    ceil_mode: intAttribute(1),
    count_include_pad: intAttribute(1),
  }),
  pool('AveragePool', 'counting pads, SAME_UPPER', [2, 1, 5, 5], [2, 3], {
    ...auto('SAME_UPPER'),
    strides: ints(2, 2),
    count_include_pad: intAttribute(1),
  }),
];

/** Windows that lie side by side. */
const tiles = (
  name: string,
  x: Dims,
  kernel: readonly number[],
  attributes: Attributes = {},
): GradientCase =>
  pool('MaxPool', `side by side, ${name}`, x, kernel, { strides: ints(...kernel), ...attributes });

export const maxPoolGrid: GradientCase[] = [
  ...pools('MaxPool'),
  tiles('one axis', [2, 2, 6], [3]),
  tiles('padded', [2, 2, 6, 7], [1, 4], { pads: ints(0, 2, 0, 3) }),
  tiles('padded, rest untouched', [2, 2, 6, 5], [2, 2], { pads: ints(1, 0, 0, 1) }),
  tiles('ceil mode', [2, 2, 5, 7], [2, 2], { ceil_mode: intAttribute(1) }),
  tiles('SAME_UPPER', [2, 1, 5, 4], [2, 2], auto('SAME_UPPER')),
  tiles('SAME_LOWER', [2, 1, 5, 3], [2, 2], auto('SAME_LOWER')),
  tiles('three axes', [2, 2, 4, 2, 3], [2, 2, 1]),
  tiles('too large to compare', [2, 1, 6, 3], [3, 3]),
  pool('MaxPool', 'dilated', [2, 1, 6, 7], [2, 3], { dilations: ints(2, 2) }),
  pool('MaxPool', 'dilated, overlapping, padded', [2, 2, 7, 6], [3, 2], {
    dilations: ints(2, 1),
    strides: ints(2, 1),
    pads: ints(1, 0, 1, 1),
  }),
];
