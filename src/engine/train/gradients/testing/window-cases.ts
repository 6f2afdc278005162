import { intAttribute, stringAttribute } from '../../../graph/index.ts';
import type { GradientCase } from '../../testing/gradient-case.ts';
import { direct, ints, type Attributes, type Dims } from './case-forms.ts';

/** Convolutions and pools. */

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

export const windowCases = {
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
  Conv: convCases,
  GlobalAveragePool: [direct('GlobalAveragePool', 'GlobalAveragePool', { x: [2, 3, 2, 4] })],
  GlobalMaxPool: [direct('GlobalMaxPool', 'GlobalMaxPool', { x: [2, 3, 2, 4] })],
  MaxPool: poolCases('MaxPool'),
} satisfies Record<string, GradientCase[]>;
