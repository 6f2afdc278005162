import { floatAttribute, intAttribute } from '../../../graph/index.ts';
import type { GradientCase } from '../../testing/gradient-case.ts';
import { direct, type Attributes, type Dims } from './case-forms.ts';

/** LayerNormalization and its kin. BatchNormalization is among the first cases. */

const norm = (
  name: string,
  opType: string,
  x: Dims,
  parameters: readonly [Dims] | readonly [Dims, Dims],
  attributes: Attributes,
  opset = 18,
): GradientCase => {
  const [gamma, beta] = parameters;
  const variables = { x, gamma, ...(beta === undefined ? {} : { beta }) };
  return { ...direct(`${opType} ${name}`, opType, variables, attributes), opset };
};

const groups = (count: number): Attributes => ({ num_groups: intAttribute(count) });
const axis = (value: number): Attributes => ({ axis: intAttribute(value) });

export const normCases = {
  GroupNormalization: [
    norm('per channel', 'GroupNormalization', [2, 4, 3], [[4], [4]], groups(2), 21),
    norm('images', 'GroupNormalization', [2, 6, 2, 2], [[6], [6]], groups(3), 21),
    norm('one group', 'GroupNormalization', [2, 3, 2], [[3], [3]], groups(1), 21),
    norm('a group each', 'GroupNormalization', [2, 3, 3], [[3], [3]], groups(3), 21),
    norm('per group', 'GroupNormalization', [2, 4, 2, 2], [[2], [2]], groups(2), 18),
  ],
  InstanceNormalization: [
    norm('rows', 'InstanceNormalization', [2, 3, 5], [[3], [3]], {}),
    norm('images', 'InstanceNormalization', [2, 2, 3, 2], [[2], [2]], {
      epsilon: floatAttribute(0.1),
    }),
  ],
  LayerNormalization: [
    norm('last axis', 'LayerNormalization', [2, 3, 4], [[4], [4]], {}),
    norm('no offset', 'LayerNormalization', [3, 5], [[5]], { epsilon: floatAttribute(0.1) }),
    norm(
      'two axes',
      'LayerNormalization',
      [2, 3, 2],
      [
        [3, 2],
        [3, 2],
      ],
      axis(1),
    ),
    norm(
      'negative axis',
      'LayerNormalization',
      [2, 2, 3, 2],
      [
        [3, 2],
        [3, 2],
      ],
      axis(-2),
    ),
  ],
  LpNormalization: [
    direct('LpNormalization', 'LpNormalization', { x: [3, 4] }),
    direct(
      'LpNormalization 1',
      'LpNormalization',
      { x: [2, 3, 2] },
      { p: intAttribute(1), ...axis(1) },
    ),
  ],
  RMSNormalization: [
    norm('last axis', 'RMSNormalization', [2, 3, 4], [[4]], {}, 23),
    norm('two axes', 'RMSNormalization', [2, 3, 2], [[3, 2]], axis(1), 23),
  ],
  SimplifiedLayerNormalization: [
    norm('last axis', 'SimplifiedLayerNormalization', [2, 3, 4], [[4]], {}),
  ],
} satisfies Record<string, GradientCase[]>;
