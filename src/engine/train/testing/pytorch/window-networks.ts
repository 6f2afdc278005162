import {
  floatAttribute,
  intAttribute as int,
  stringAttribute,
  type Attribute,
  type ModelEdit,
  type Value,
} from '../../../graph/index.ts';
import { float32Tensor } from '../../../tensor/index.ts';
import { integers, ints, type Network } from './network.ts';

/** Convolutions, pools and resizing. */

/** A single Conv or ConvTranspose of x, w and maybe b. */
const conv =
  (attributes: Record<string, Attribute>, inputs = ['x', 'w', 'b'], opType = 'Conv'): Network =>
  (edit, v) =>
    edit.op(opType, inputs.map(v), attributes);

const pool =
  (opType: string, attributes: Record<string, Attribute>): Network =>
  (edit, v) =>
    edit.op(opType, [v('x')], attributes);

const resize = (
  edit: ModelEdit,
  x: Value,
  target: { scales: readonly number[] } | { sizes: readonly number[] },
  attributes: Record<string, string>,
): Value => {
  const scales =
    'scales' in target
      ? edit.addConstant('scales', float32Tensor([target.scales.length], target.scales))
      : undefined;
  const sizes = 'sizes' in target ? integers(edit, ...target.sizes) : undefined;
  return edit.op(
    'Resize',
    [x, undefined, scales, sizes],
    Object.fromEntries(
      Object.entries(attributes).map(([name, text]) => [name, stringAttribute(text)]),
    ),
  );
};

const bilinear =
  (sizes: readonly number[], transformation: string): Network =>
  (edit, v) =>
    resize(
      edit,
      v('x'),
      { sizes },
      {
        mode: 'linear',
        coordinate_transformation_mode: transformation,
      },
    );

/** Reflected borders, a pool, a transposed convolution back up, and the input joined to it. */
const uNet: Network = (edit, v) => {
  const padded = edit.op('Pad', [v('x'), integers(edit, 0, 0, 1, 1, 0, 0, 1, 1)], {
    mode: stringAttribute('reflect'),
  });
  const features = edit.op('LeakyRelu', [edit.op('Conv', [padded, v('w')])], {
    alpha: floatAttribute(0.1),
  });
  const half = { kernel_shape: ints(2, 2), strides: ints(2, 2) };
  const up = edit.op('ConvTranspose', [edit.op('MaxPool', [features], half), v('up')], {
    strides: ints(2, 2),
  });
  const joined = edit.op('Concat', [up, v('x')], { axis: int(1) });
  return edit.op('Sigmoid', [edit.op('Conv', [joined, v('w2')])]);
};

export const windowNetworks: Readonly<Record<string, Network>> = {
  'conv 1d': conv({ strides: ints(2), pads: ints(2, 1) }),
  'conv 2d': conv({ pads: ints(1, 1, 1, 1) }),
  'conv groups strided': conv({ strides: ints(2, 2), pads: ints(1, 1, 1, 1), group: int(2) }),
  'conv depthwise separable': (edit, v) =>
    edit.op('Conv', [
      edit.op('Conv', [v('x'), v('w')], { pads: ints(1, 1, 1, 1), group: int(3) }),
      v('v'),
    ]),
  'conv depthwise strided': conv({ strides: ints(2, 2), pads: ints(1, 1, 1, 1), group: int(4) }),
  'conv dilated': conv({ dilations: ints(2, 3), pads: ints(2, 1, 2, 1) }, ['x', 'w']),
  'conv asymmetric pads': conv({ strides: ints(1, 2), pads: ints(0, 1, 1, 2) }),
  'max pool overlapping': pool('MaxPool', {
    kernel_shape: ints(3, 3),
    strides: ints(2, 2),
    pads: ints(1, 1, 1, 1),
  }),
  'average pool overlapping': pool('AveragePool', {
    kernel_shape: ints(3, 2),
    strides: ints(2, 1),
    pads: ints(1, 1, 1, 1),
  }),
  'average pool counting pads': pool('AveragePool', {
    kernel_shape: ints(3, 3),
    strides: ints(2, 2),
    pads: ints(1, 1, 1, 1),
    count_include_pad: int(1),
  }),
  'conv transpose': conv(
    { strides: ints(2, 2), pads: ints(1, 1, 1, 1), output_padding: ints(1, 1) },
    ['x', 'w', 'b'],
    'ConvTranspose',
  ),
  'conv transpose groups': conv(
    { strides: ints(2, 1), pads: ints(0, 1, 0, 1), dilations: ints(1, 2), group: int(2) },
    ['x', 'w', 'b'],
    'ConvTranspose',
  ),
  'resize nearest': (edit, v) => {
    const large = resize(
      edit,
      v('x'),
      { scales: [1, 1, 2, 2] },
      {
        mode: 'nearest',
        coordinate_transformation_mode: 'asymmetric',
        nearest_mode: 'floor',
      },
    );
    return edit.op('Conv', [large, v('w')], { pads: ints(1, 1, 1, 1) });
  },
  'resize bilinear': bilinear([1, 2, 7, 6], 'pytorch_half_pixel'),
  'resize bilinear aligned': bilinear([1, 2, 5, 7], 'align_corners'),
  'u net': uNet,
};
