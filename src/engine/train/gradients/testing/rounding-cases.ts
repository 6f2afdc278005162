import { intAttribute, type ModelEdit, type Value } from '../../../graph/index.ts';
import { float32Tensor, makeTensor, type Tensor } from '../../../tensor/index.ts';
import type { GradientCase } from '../../testing/gradient-case.ts';
import type { Dims } from './case-forms.ts';

/**
 * Rounding to codes with a scale per channel. Steps of 10⁻⁵ and 1.5 · 10⁻⁵ are far below the distance of the difference quotient, so that
 * the staircase looks like the line it stands for; part of the values lies outside the range of the codes.
 */
const steps = (e: ModelEdit, count: number): Value =>
  e.addConstant(
    'steps',
    float32Tensor(
      [count],
      Float32Array.from({ length: count }, (_, i) => (1 + i / 2) * 1e-5),
    ),
  );

const zeros = (count: number, shift = 0): Tensor =>
  makeTensor(
    'int16',
    [count],
    new Uint8Array(Int16Array.from({ length: count }, (_, i) => shift * i).buffer),
  );

const thereAndBack = (name: string, x: Dims, axis: number, shift = 0): GradientCase => ({
  name: `QuantizeLinear and back, ${name}`,
  variables: { x },
  domain: (value) => value / 3,
  build: (e, [value]) => {
    e.setOpset('', 21);
    const count = x.at(axis) ?? 1;
    const grid = [steps(e, count), e.addConstant('zeros', zeros(count, shift))];
    const along = { axis: intAttribute(axis) };
    return e.op(
      'DequantizeLinear',
      [e.op('QuantizeLinear', [value, ...grid], along), ...grid],
      along,
    );
  },
});

const decoded = (
  name: string,
  scale: Dims,
  axis: number,
  dtype: 'int8' | 'uint8',
): GradientCase => ({
  name: `DequantizeLinear of ${dtype} codes, by ${name}`,
  variables: { scale },
  build: (e, [given]) => {
    const bytes = Uint8Array.from({ length: 24 }, (_, i) => (i * 91) % 256);
    const codes = e.addConstant('codes', makeTensor(dtype, [2, 3, 4], bytes));
    const count = scale[0] ?? 1;
    const zero = makeTensor(dtype, scale, new Uint8Array(count).fill(7));
    return e.op('DequantizeLinear', [codes, given, e.addConstant('zero', zero)], {
      axis: intAttribute(axis),
    });
  },
});

export const roundingCases = {
  DequantizeLinear: [
    decoded('one scale', [], 1, 'uint8'),
    decoded('scales of the first axis', [2], 0, 'int8'),
    decoded('scales of the last axis', [4], -1, 'uint8'),
  ],
  QuantizeLinear: [
    thereAndBack('per channel', [2, 3, 4], 1),
    thereAndBack('per column', [2, 5], -1),
    thereAndBack('per row, with zero points', [3, 4], 0, 900),
  ],
} satisfies Record<string, GradientCase[]>;
