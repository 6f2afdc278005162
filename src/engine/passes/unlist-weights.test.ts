import { expect, test } from 'vitest';
import { buildModel, verify, type Model, type Value } from '../graph/index.ts';
import { float32Tensor, type Tensor } from '../tensor/index.ts';
import { exposeWeights } from './expose-weights.ts';
import { unlistWeights } from './unlist-weights.ts';

const listing = (tensor: Tensor, irVersion = 8): Model => ({
  ...buildModel(17, (e) => {
    const x = e.addInput('x', { kind: 'tensor', dtype: 'float32', dims: [1, 2] });
    const w = e.addConstant('w', tensor);
    (e.model.graph.inputs as Value[]).push(w);
    e.addOutput(e.op('Add', [x, w]));
  }),
  irVersion,
});
const inputs = (model: Model): string[] => model.graph.inputs.map(({ name }) => name);

test('a weight that is listed as an input is one no longer, and stays the same tensor', () => {
  const tensor = float32Tensor([1, 2], [1, 2]);
  const model = unlistWeights(listing(tensor));
  expect(verify(model)).toEqual([]);
  expect(inputs(model)).toEqual(['x']);
  expect(model.graph.constants[0]?.constant).toBe(tensor);
});

test('before IR version 4, and for single numbers, the listing stays', () => {
  for (const model of [listing(float32Tensor([2], [1, 2]), 3), listing(float32Tensor([], [1]))]) {
    expect(unlistWeights(model)).toBe(model);
    expect(exposeWeights(model)).toBe(model);
  }
});
