import { describe, expect, it } from 'vitest';
import { recipeOf } from './testing/run-tiny.ts';
import { trainingKey, type TrainingPlace } from './training-key.ts';

const place: TrainingPlace = { model: 'abc', data: 'set', dims: { N: 2, M: 3 }, backend: 'wasm' };
const prune = { method: 'prune-weights' };
const recover = { method: 'recover', epochs: 3 };
const key = trainingKey(place, recipeOf([prune, recover], 7), 1);

describe('trainingKey', () => {
  it('is the same for the same place and recipe, whatever comes after the step or is off', () => {
    expect(key).toMatch(/^training-[0-9a-f]{32}$/);
    expect(trainingKey({ ...place, dims: { M: 3, N: 2 } }, recipeOf([prune, recover], 7), 1)).toBe(
      key,
    );
    const longer = [prune, { ...recover, off: true }, recover, { method: 'quantize-weights' }];
    expect(trainingKey(place, recipeOf(longer, 7), 1)).toBe(key);
  });

  it.each<[string, string]>([
    ['model', trainingKey({ ...place, model: 'abd' }, recipeOf([prune, recover], 7), 1)],
    ['data', trainingKey({ ...place, data: 'other' }, recipeOf([prune, recover], 7), 1)],
    ['sizes', trainingKey({ ...place, dims: { N: 3, M: 2 } }, recipeOf([prune, recover], 7), 1)],
    ['backend', trainingKey({ ...place, backend: 'webgpu' }, recipeOf([prune, recover], 7), 1)],
    ['seed', trainingKey(place, recipeOf([prune, recover], 8), 1)],
    ['the step', trainingKey(place, recipeOf([prune, { ...recover, epochs: 4 }], 7), 1)],
    ['a step before', trainingKey(place, recipeOf([{ ...prune, ratio: 0.6 }, recover], 7), 1)],
    ['the place of the step', trainingKey(place, recipeOf([recover, recover], 7), 1)],
  ])('is another for another %s', (_, other) => {
    expect(other).not.toBe(key);
  });
});
