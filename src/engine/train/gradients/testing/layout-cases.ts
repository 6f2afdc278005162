import { intAttribute, stringAttribute, type ModelEdit, type Value } from '../../../graph/index.ts';
import { float32Tensor, int64Tensor, makeTensor } from '../../../tensor/index.ts';
import type { GradientCase } from '../../testing/gradient-case.ts';
import { direct, ints, type Attributes, type Dims } from './case-forms.ts';

/** Operators that move, repeat, cut and look up elements, and the rounding to codes. */

const integers = (e: ModelEdit, values: readonly number[], dims = [values.length]): Value =>
  e.addConstant('ints', int64Tensor(dims, values));

/** The same numbers, out of reach of whoever looks for a constant. */
const computed = (e: ModelEdit, values: readonly number[]): Value =>
  e.op('Identity', [integers(e, values)]);

const one = (
  name: string,
  x: Dims,
  build: (e: ModelEdit, x: Value) => Value,
  domain?: (x: number) => number,
): GradientCase => ({
  name,
  variables: { x },
  build: (e, [value]) => build(e, value as Value),
  ...(domain === undefined ? {} : { domain }),
});

type Cut = readonly [starts: number[], ends: number[], axes?: number[], steps?: number[]];
const far = Number.MAX_SAFE_INTEGER;

const slices: readonly (readonly [string, Dims, Cut])[] = [
  ['inside', [2, 5, 4], [[1], [3], [1]]],
  [
    'every axis by default',
    [3, 4],
    [
      [1, 0],
      [3, 2],
    ],
  ],
  ['to the end', [2, 3, 5], [[2], [far], [2]]],
  ['from the end', [2, 3, 5], [[-3], [-1], [-1]]],
  ['from before the beginning', [2, 4], [[-9], [3], [1]]],
  ['the batch, counted from the end', [4, 3], [[-2], [far], [0]]],
  ['every other', [2, 5], [[0], [far], [1], [2]]],
  [
    'every other of two axes',
    [2, 2, 5, 6],
    [
      [0, 1],
      [far, far],
      [2, 3],
      [2, 3],
    ],
  ],
  ['every third from the second, rest cut', [2, 7], [[1], [6], [1], [3]]],
  ['backwards', [2, 4], [[-1], [-far], [1], [-1]]],
  ['backwards by two from inside', [2, 7], [[4], [0], [1], [-2]]],
  [
    'backwards and forwards',
    [2, 5, 4],
    [
      [far, 1],
      [-far, far],
      [1, 2],
      [-1, 2],
    ],
  ],
];

const sliceCases: GradientCase[] = [
  ...slices.map(([name, x, cut]) =>
    one(`Slice ${name}`, x, (e, v) =>
      e.op('Slice', [v, ...cut.map((list) => integers(e, list ?? []))]),
    ),
  ),
  ...slices
    .filter(([name]) => /inside|from the end|backwards by two/.test(name))
    .map(([name, x, [starts, ...others]]) =>
      one(`Slice ${name}, starts computed`, x, (e, v) =>
        e.op('Slice', [v, computed(e, starts), ...others.map((list) => integers(e, list ?? []))]),
      ),
    ),
];

const padCase = (
  name: string,
  x: Dims,
  pads: readonly number[],
  mode = 'constant',
  form: 'known' | 'computed' = 'known',
  axes?: readonly number[],
): GradientCase =>
  one(`Pad ${name}`, x, (e, v) =>
    e.op(
      'Pad',
      [
        v,
        form === 'known' ? integers(e, pads) : computed(e, pads),
        mode === 'constant' ? e.addConstant('value', float32Tensor([], [0.7])) : undefined,
        axes === undefined ? undefined : integers(e, axes),
      ],
      { mode: stringAttribute(mode) },
    ),
  );

const padCases: GradientCase[] = [
  padCase('constant', [2, 3, 4], [0, 1, 2, 0, 0, 1]),
  padCase('the batch', [2, 3], [1, 0, 2, 0]),
  padCase('cropping', [2, 4, 4], [0, -1, 1, 0, 2, -1]),
  padCase('pads computed', [2, 3, 4], [0, 1, 2, 0, 0, 1], 'constant', 'computed'),
  padCase('of some axes', [2, 3, 4], [2, 1, 0, 1], 'constant', 'known', [-1, 1]),
  padCase('nothing', [2, 3], [0, 0, 0, 0]),
  padCase('reflect', [2, 2, 4, 5], [0, 0, 2, 1, 0, 0, 1, 3], 'reflect'),
  padCase('reflect one axis', [2, 3, 4], [0, 0, 3, 0, 0, 0], 'reflect'),
  padCase('edge', [2, 2, 3], [0, 1, 2, 0, 0, 1], 'edge'),
  padCase('wrap', [2, 2, 3], [0, 1, 2, 0, 0, 1], 'wrap'),
];

const enlarge = (
  name: string,
  x: Dims,
  to: { readonly scales?: readonly number[]; readonly sizes?: readonly number[] },
  attributes: Attributes,
): GradientCase =>
  one(`Resize ${name}`, x, (e, v) =>
    e.op(
      'Resize',
      [
        v,
        undefined,
        to.scales && e.addConstant('scales', float32Tensor([to.scales.length], to.scales)),
        to.sizes && integers(e, to.sizes),
      ],
      attributes,
    ),
  );

const text = (entries: Readonly<Record<string, string>>): Attributes =>
  Object.fromEntries(Object.entries(entries).map(([key, value]) => [key, stringAttribute(value)]));

const nearest = ['asymmetric', 'half_pixel', 'align_corners', 'pytorch_half_pixel'].flatMap(
  (coordinates) =>
    ['floor', 'round_prefer_floor', 'round_prefer_ceil', 'ceil'].map((rounding) =>
      enlarge(
        `nearest ${coordinates} ${rounding}`,
        [2, 1, 3, 4],
        { scales: [1, 1, 2, 1.5] },
        text({
          mode: 'nearest',
          coordinate_transformation_mode: coordinates,
          nearest_mode: rounding,
        }),
      ),
    ),
);

const smooth = ['linear', 'cubic'].flatMap((mode) =>
  ['asymmetric', 'half_pixel', 'align_corners', 'pytorch_half_pixel'].map((coordinates) =>
    enlarge(
      `${mode} ${coordinates}`,
      [2, 2, 3, 4],
      { scales: [1, 1, 2, 1.7] },
      text({ mode, coordinate_transformation_mode: coordinates }),
    ),
  ),
);

const resizeCases: GradientCase[] = [
  ...nearest,
  ...smooth,
  enlarge('smaller, linear', [2, 1, 5, 6], { scales: [1, 1, 0.5, 0.6] }, text({ mode: 'linear' })),
  enlarge('to sizes', [2, 2, 3, 3], { sizes: [2, 2, 7, 4] }, text({ mode: 'linear' })),
  enlarge('nearest to sizes', [2, 2, 3, 3], { sizes: [2, 2, 7, 5] }, text({ mode: 'nearest' })),
  enlarge(
    'by whole factors, as real detectors do',
    [2, 2, 2, 3],
    { scales: [1, 1, 2, 3] },
    text({ mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' }),
  ),
  enlarge('one axis', [2, 2, 4], { scales: [1, 1, 2.5] }, text({ mode: 'linear' })),
  enlarge(
    'cubic without what is outside',
    [2, 1, 4, 4],
    { scales: [1, 1, 1.5, 2] },
    {
      ...text({ mode: 'cubic' }),
      exclude_outside: intAttribute(1),
    },
  ),
  enlarge(
    'the last two axes by name',
    [2, 2, 3, 3],
    { scales: [2, 2] },
    {
      ...text({ mode: 'linear' }),
      axes: ints(2, 3),
    },
  ),
];

const partsOf = (
  e: ModelEdit,
  x: Value,
  outputs: number,
  inputs: Value[],
  attributes: Attributes,
) => e.addNode('Split', [x, ...inputs], { outputs, attributes }).outputs as readonly Value[];

const splitCases: GradientCase[] = [
  one('Split evenly, all parts read', [2, 6], (e, x) => {
    const parts = partsOf(e, x, 3, [], { axis: intAttribute(1), num_outputs: intAttribute(3) });
    return e.op('Mul', [e.op('Mul', [parts[0], parts[1]]), parts[2]]);
  }),
  one('Split in unequal parts', [2, 5, 2], (e, x) => {
    const parts = partsOf(e, x, 2, [integers(e, [2, 3])], { axis: intAttribute(-2) });
    return e.op('Concat', [parts[1], e.op('Exp', [parts[0]])], { axis: intAttribute(1) });
  }),
  one('Split, only the second part read', [2, 6], (e, x) => {
    const parts = partsOf(e, x, 3, [integers(e, [1, 2, 3])], { axis: intAttribute(1) });
    return e.op('Exp', [parts[1]]);
  }),
  one('Split with a smaller last part', [2, 5], (e, x) => {
    const parts = partsOf(e, x, 2, [], { axis: intAttribute(1), num_outputs: intAttribute(2) });
    return e.op('Exp', [parts[1]]);
  }),
];

const gather = (
  name: string,
  x: Dims,
  axis: number,
  indices: readonly number[],
  dims = [indices.length],
): GradientCase =>
  one(`Gather ${name}`, x, (e, v) =>
    e.op('Gather', [v, integers(e, indices, dims)], { axis: intAttribute(axis) }),
  );

const gatherCases: GradientCase[] = [
  gather('rows, some twice', [5, 3], 0, [4, 0, 4, -1, 2]),
  gather('rows by a table', [5, 3], 0, [4, 0, 4, 1], [2, 2]),
  gather('an inner axis', [2, 4, 3], 1, [1, 1, 3]),
  gather('an inner axis by a table', [2, 4, 3], 1, [1, 1, 3, 0, 2, -1], [3, 2]),
  gather('the last axis', [2, 3, 4], -1, [3, 0]),
  gather('one row', [4, 3], 0, [2], []),
  gather('one place of an inner axis, from the end', [2, 4, 3], 1, [-1], []),
];

const gatherElements = (name: string, axis: number, at: readonly number[], dims: number[]) =>
  one(`GatherElements ${name}`, [3, 4], (e, x) =>
    e.op('GatherElements', [x, integers(e, at, dims)], { axis: intAttribute(axis) }),
  );

const scatterNd = (reduction: string): GradientCase => ({
  name: `ScatterND ${reduction}`,
  variables: { x: [4, 2], updates: [2, 2] },
  build: (e, [x, updates]) =>
    e.op('ScatterND', [x, integers(e, [3, 1], [2, 1]), updates], {
      reduction: stringAttribute(reduction),
    }),
});

const scatterElements = (reduction: string): GradientCase => ({
  name: `ScatterElements ${reduction}`,
  variables: { x: [3, 4], updates: [3, 2] },
  build: (e, [x, updates]) =>
    e.op('ScatterElements', [x, integers(e, [0, 2, 1, 3, -1, 0], [3, 2]), updates], {
      axis: intAttribute(1),
      reduction: stringAttribute(reduction),
    }),
});

const withShape = (opType: string, name: string, x: Dims, shape: readonly number[]): GradientCase =>
  one(`${opType} ${name}`, x, (e, v) => e.op(opType, [v, integers(e, shape)]));

/**
 * Steps of 10⁻⁵ are far below the distance of the difference quotient, so that the staircase looks like the line it stands for. Half of
 * the values lie outside the range of the codes, ±0.327.
 */
const fine = (e: ModelEdit): [Value, Value] => {
  e.setOpset('', 21);
  return [
    e.addConstant('step', float32Tensor([], [1e-5])),
    e.addConstant('zero', makeTensor('int16', [], new Uint8Array(2))),
  ];
};

const block = (opType: string, x: Dims, mode?: string): GradientCase =>
  direct(
    `${opType} ${mode ?? ''}`,
    opType,
    { x },
    {
      blocksize: intAttribute(2),
      ...(mode === undefined ? {} : { mode: stringAttribute(mode) }),
    },
  );

export const layoutCases = {
  DepthToSpace: [
    block('DepthToSpace', [2, 8, 2, 3], 'DCR'),
    block('DepthToSpace', [2, 8, 2, 3], 'CRD'),
  ],
  DequantizeLinear: [
    {
      name: 'DequantizeLinear of codes, by its scales',
      variables: { scale: [3] },
      build: (e, [scale]) => {
        const bytes = Uint8Array.from({ length: 24 }, (_, i) => (i * 91) % 256);
        const codes = e.addConstant('codes', makeTensor('int8', [2, 3, 4], bytes));
        const zero = e.addConstant('zero', makeTensor('int8', [3], Uint8Array.of(3, 250, 0)));
        return e.op('DequantizeLinear', [codes, scale, zero], { axis: intAttribute(1) });
      },
    },
  ],
  Expand: [
    withShape('Expand', 'channels', [2, 3, 1], [2, 3, 4]),
    withShape('Expand', 'new axes', [3, 1], [2, 2, 3, 2]),
    withShape('Expand', 'by the larger of both', [2, 1, 3], [1, 4, 1]),
    withShape('Expand', 'nothing', [2, 3], [1, 1]),
  ],
  Gather: gatherCases,
  GatherElements: [
    gatherElements('rows', 0, [2, 0, 2, 1, 1, -1], [2, 3]),
    gatherElements('columns', 1, [3, 0, 0, 1, 2, 2], [3, 2]),
  ],
  GatherND: [
    one('GatherND elements', [3, 4], (e, x) =>
      e.op('GatherND', [x, integers(e, [2, 1, 0, 0, 2, 1], [3, 2])]),
    ),
    one('GatherND rows', [3, 4], (e, x) => e.op('GatherND', [x, integers(e, [2, 2], [2, 1])])),
  ],
  Pad: padCases,
  QuantizeLinear: [
    one(
      'QuantizeLinear and back, half of it clamped',
      [2, 3, 4],
      (e, x) => {
        const [step, zero] = fine(e);
        const codes = e.op('QuantizeLinear', [x, step, zero]);
        return e.op('DequantizeLinear', [codes, step, zero]);
      },
      (x) => x / 3,
    ),
  ],
  Resize: resizeCases,
  ScatterElements: [scatterElements('none'), scatterElements('add')],
  ScatterND: [scatterNd('none'), scatterNd('add')],
  Slice: sliceCases,
  SpaceToDepth: [block('SpaceToDepth', [2, 2, 4, 6])],
  Split: splitCases,
  Tile: [
    withShape('Tile', 'inner axes', [2, 3, 2], [1, 2, 3]),
    withShape('Tile', 'the batch', [2, 3], [3, 1]),
    withShape('Tile', 'nothing', [2, 3], [1, 1]),
  ],
  Trilu: [
    direct('Trilu', 'Trilu', { x: [2, 3, 4] }),
    one('Trilu lower, above the diagonal', [3, 3], (e, x) =>
      e.op('Trilu', [x, integers(e, [1], [])], { upper: intAttribute(0) }),
    ),
  ],
} satisfies Record<string, GradientCase[]>;
