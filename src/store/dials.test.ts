import { describe, expect, it } from 'vitest';
import type { Recipe } from '../engine/forms.ts';
import {
  bitsDial,
  pruningDial,
  pruningKinds,
  schemesFor,
  setBits,
  setPruning,
  setPruningKind,
  setScheme,
} from './dials.ts';
import { defaultStep } from './recipe-edits.ts';
import { emptyRecipe } from './state.ts';

const methods = (recipe: Recipe): string[] => recipe.steps.map((step) => step.method);

describe('the pruning dial', () => {
  it('puts its step first, and takes it away at zero without forgetting its options', () => {
    const quantized = setBits(emptyRecipe, {}, 8).recipe;
    const pruned = setPruning(quantized, {}, 0.4).recipe;
    expect(methods(pruned)).toEqual(['prune-weights', 'quantize-int8']);
    const layered = setPruningKind(pruned, {}, 'prune-channels').recipe;
    expect(layered.steps[0]).toMatchObject({ method: 'prune-channels', ratio: 0.4 });
    const gone = setPruning(layered, {}, 0);
    expect(methods(gone.recipe)).toEqual(['quantize-int8']);
    const back = setPruning(gone.recipe, gone.remembered, 0.2).recipe;
    expect(back.steps[0]).toMatchObject({ method: 'prune-channels', ratio: 0.2 });
  });

  it('keeps the kind chosen before anything is pruned', () => {
    const chosen = setPruningKind(emptyRecipe, {}, 'prune-channels');
    expect(chosen.recipe).toBe(emptyRecipe);
    expect(pruningDial(chosen.recipe, chosen.remembered)).toMatchObject({
      index: undefined,
      ratio: 0,
      kind: 'prune-channels',
    });
  });

  it('shows what a pattern takes away, and that it is fixed', () => {
    expect(pruningKinds()).toContain('prune-weights:1:4');
    const { recipe, remembered } = setPruningKind(emptyRecipe, {}, 'prune-weights:1:4');
    expect(pruningDial(recipe, remembered)).toMatchObject({ index: 0, ratio: 0.75, fixed: true });
  });

  it('stays within what the method allows', () => {
    const channels = setPruningKind(emptyRecipe, {}, 'prune-channels');
    const { recipe } = setPruning(channels.recipe, channels.remembered, 1);
    expect(recipe.steps[0]?.['ratio']).toBe(0.95);
  });
});

describe('the bit-width dial', () => {
  it.each([
    [16, 'quantize-float16'],
    [8, 'quantize-int8'],
    [4, 'quantize-weights'],
    [3, 'quantize-weights'],
    [2, 'quantize-weights'],
  ])('turns %i bits into %s', (bits, method) => {
    const { recipe } = setBits(emptyRecipe, {}, bits);
    expect(methods(recipe)).toEqual([method]);
    expect(bitsDial(recipe)).toMatchObject({ index: 0, bits });
    expect(methods(setBits(recipe, {}, 32).recipe)).toEqual([]);
  });

  it('goes last, and changes in place', () => {
    const recipe: Recipe = { ...emptyRecipe, steps: [defaultStep('prune-channels')] };
    const eight = setBits(recipe, {}, 8);
    const four = setBits(eight.recipe, eight.remembered, 4);
    expect(methods(four.recipe)).toEqual(['prune-channels', 'quantize-weights']);
  });

  it('offers the schemes of its width, and remembers the one chosen', () => {
    expect(schemesFor(8)).toEqual([
      'quantize-int8:static',
      'quantize-int8:dynamic',
      'quantize-int8:weights-only',
      'quantize-weights',
    ]);
    const eight = setBits(emptyRecipe, {}, 8);
    const dynamic = setScheme(eight.recipe, 'quantize-int8:dynamic');
    const four = setBits(dynamic, {}, 4);
    const back = setBits(four.recipe, four.remembered, 8);
    expect(bitsDial(back.recipe).scheme).toBe('quantize-int8:dynamic');
    expect(setScheme(dynamic, 'quantize-weights').steps[0]).toMatchObject({
      method: 'quantize-weights',
      bits: 8,
    });
  });
});
