import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../cli/node-runtime.ts';
import { countMacs, countNonzero, countParameters, type ShapeMap } from '../analysis/index.ts';
import { createRng, quietTask } from '../core/index.ts';
import type { Model } from '../graph/index.ts';
import { invertedBottlenecks, plainChain } from '../methods/testing/tiny-models.ts';
import { writeBytes } from '../onnx/index.ts';
import { defaultDims, measureShapes, syntheticInputs, type Runtime } from '../runtime/index.ts';
import { planRecipe, type PlanSource } from './plan.ts';
import { combinations, recipeOf, runTiny } from './testing/run-tiny.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createNodeRuntime('wasm', 1);
});
afterAll(() => runtime.dispose());

const shapesOf = (model: Model): Promise<ShapeMap> =>
  measureShapes(
    model,
    runtime,
    syntheticInputs(model, createRng(3), defaultDims(model)),
    quietTask,
  );

async function sourceOf(model: Model): Promise<PlanSource> {
  const shapes = await shapesOf(model);
  return {
    backend: 'wasm',
    shapes,
    start: {
      params: countParameters(model).total,
      nonzeroParams: countNonzero(model),
      macs: countMacs(model, shapes).total,
    },
  };
}

const models = {
  plainChain: { build: plainChain, names: Object.keys(combinations) },
  invertedBottlenecks: {
    build: invertedBottlenecks,
    names: ['prune-weights, quantize-int8 static', 'prune-channels, quantize-weights'],
  },
};

describe.each(Object.entries(models))('planRecipe on %s', (_, { build, names }) => {
  const model = build();
  const plannable = names.filter((name) => name !== 'prune-channels twice');

  it.each(plannable.map((name) => [name, combinations[name]!] as const))(
    'predicts what running %s gives',
    async (_name, steps) => {
      const { predicted, steps: planned } = planRecipe(
        model,
        recipeOf(steps),
        await sourceOf(model),
      );
      expect(planned.every(({ result }) => result?.ok === true)).toBe(true);
      const { model: made } = await runTiny(model, recipeOf(steps), runtime);
      expect(predicted.sizeBytes).toBe(writeBytes(made).byteLength);
      expect(predicted.params).toBe(countParameters(made).total);
      expect([countNonzero(made), undefined]).toContain(predicted.nonzeroParams);
      expect(predicted.macs).toBe(countMacs(made, await shapesOf(made)).total);
    },
  );

  it('gives the figures of the model itself where every step is off', async () => {
    const source = await sourceOf(model);
    const recipe = recipeOf([{ method: 'prune-weights', off: true }]);
    const { steps, predicted } = planRecipe(model, recipe, source);
    expect(steps.map(({ result }) => result)).toEqual([undefined]);
    expect(predicted).toEqual({ ...source.start, sizeBytes: writeBytes(model).byteLength });
  });
});

describe('planRecipe', () => {
  const model = plainChain();

  it('knows non-zeros of a first step only: later ones would have to read weights that are not there yet', async () => {
    const source = await sourceOf(model);
    const first = planRecipe(model, recipeOf(combinations['prune-weights']!), source);
    const { model: made } = await runTiny(model, recipeOf(combinations['prune-weights']!), runtime);
    expect(first.predicted.nonzeroParams).toBe(countNonzero(made));
    const twice = planRecipe(model, recipeOf(combinations['prune-channels twice']!), source);
    expect(twice.predicted.nonzeroParams).toBeUndefined();
  });

  it('stops at a refusal, and says nothing of what would come after', async () => {
    const recipe = recipeOf([
      { method: 'prune-weights' },
      { method: 'quantize-float16' },
      { method: 'quantize-float16' },
      { method: 'quantize-weights' },
    ]);
    const { steps, predicted } = planRecipe(model, recipe, await sourceOf(model));
    expect(steps.map(({ result }) => result?.ok)).toEqual([true, true, false, undefined]);
    const refused = steps[2]?.result;
    expect(refused?.ok === false ? refused.error.code : undefined).toBe('method/refused');
    expect(predicted.sizeBytes).toBeUndefined();
  });

  it('passes over a step that is off', async () => {
    const source = await sourceOf(model);
    const steps = [{ method: 'prune-channels', ratio: 0.3 }, { method: 'quantize-float16' }];
    const withOff = [steps[0]!, { method: 'prune-weights', off: true }, steps[1]!];
    expect(planRecipe(model, recipeOf(withOff), source).predicted).toEqual(
      planRecipe(model, recipeOf(steps), source).predicted,
    );
  });

  it('says nothing where a step would have to read weights that an earlier one will make', async () => {
    const recipe = recipeOf(combinations['prune-channels twice']!);
    const { steps, predicted } = planRecipe(model, recipe, await sourceOf(model));
    expect(steps.map(({ result }) => result?.ok)).toEqual([true, true]);
    expect(predicted).toEqual({ sizeBytes: undefined });
  });

  it('does without shapes, and then knows no MACs that a step changes', async () => {
    const { start } = await sourceOf(model);
    const source: PlanSource = { backend: 'wasm', shapes: undefined, start };
    const recipe = recipeOf(combinations['prune-channels, quantize-weights']!);
    const { predicted } = planRecipe(model, recipe, source);
    expect(predicted.macs).toBeUndefined();
    const zeros = planRecipe(model, recipeOf(combinations['prune-weights']!), source);
    expect(zeros.predicted.macs).toBe(start.macs);
  });
});
