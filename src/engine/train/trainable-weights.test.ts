import { describe, expect, test } from 'vitest';
import { intsAttribute, type Model, type Value } from '../graph/index.ts';
import { tinyModel, type TinyBuilder } from '../methods/testing/tiny-models.ts';
import { float32Tensor } from '../tensor/index.ts';
import { trainableWeights } from './trainable-weights.ts';

/** What learns beside the two layers around `between`. */
const learning = (between: (b: TinyBuilder, x: Value) => Value): string[] => {
  const model: Model = tinyModel((b) => {
    const first = b.op('MatMul', [b.input([2, 5, 4]), b.weight('first', [4, 6])]);
    b.output(b.op('MatMul', [between(b, first), b.weight('second', [6, 3])]));
  }, 18);
  const names = trainableWeights(model).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['first', 'second']));
  return names.filter((name) => name !== 'first' && name !== 'second');
};

describe('which constants learn', () => {
  test.each<[string, string[], (b: TinyBuilder, x: Value) => Value]>([
    [
      'gains and offsets of a norm in primitive operators',
      ['gain', 'offset'],
      (b, x) => b.op('Add', [b.op('Mul', [b.weight('gain', [6]), x]), b.weight('offset', [6])]),
    ],
    [
      'positions that are added',
      ['positions'],
      (b, x) => b.op('Add', [b.op('Relu', [x]), b.weight('positions', [1, 5, 6])]),
    ],
    [
      'the bias of a linear layer',
      ['bias'],
      (b, x) => b.op('Add', [x, b.weight('bias', [1, 5, 6])]),
    ],
    [
      'a weight behind a Transpose and a Reshape',
      ['turned'],
      (b, x) => {
        const turned = b.op('Transpose', [b.weight('turned', [3, 12])], {
          perm: intsAttribute([1, 0]),
        });
        return b.op('MatMul', [x, b.op('Reshape', [turned, b.integers('to', [6, 6])])]);
      },
    ],
  ])('%s', (_name, expected, between) => {
    expect(learning(between)).toEqual(expected);
  });

  test.each<[string, (b: TinyBuilder, x: Value) => Value]>([
    ['a number', (b, x) => b.op('Mul', [b.op('Relu', [x]), b.weight('number', [1])])],
    ['a table that multiplies', (b, x) => b.op('Mul', [x, b.weight('sines', [5, 6])])],
    [
      'a mask',
      (b, x) => {
        const values = Array.from({ length: 30 }, (_, i) => (i % 2) * -1e9);
        return b.op('Add', [
          b.op('Relu', [x]),
          b.e.addConstant('mask', float32Tensor([5, 6], values)),
        ]);
      },
    ],
  ])('not %s', (_name, between) => {
    expect(learning(between)).toEqual([]);
  });

  test('not what prepares the input, nor what decodes the output', () => {
    const model = tinyModel((b) => {
      const x = b.op('Mul', [b.input([2, 5, 4]), b.weight('deviation', [4])]);
      const y = b.op('MatMul', [x, b.weight('weight', [4, 4])]);
      b.output(b.op('Mul', [b.op('Exp', [y]), b.weight('anchors', [1, 5, 4])]));
    }, 18);
    expect(trainableWeights(model).map(({ name }) => name)).toEqual(['weight']);
  });
});
