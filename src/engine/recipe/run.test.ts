import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../cli/node-runtime.ts';
import { EngineError, quietTask, type Task } from '../core/index.ts';
import { edit, verify, type Model } from '../graph/index.ts';
import { runModel } from '../methods/testing/expect-same-function.ts';
import { plainChain, tinyModel } from '../methods/testing/tiny-models.ts';
import { defaultDims, syntheticInputs, type Feeds, type Runtime } from '../runtime/index.ts';
import { createRng } from '../core/index.ts';
import { tensorBytes, type Tensor } from '../tensor/index.ts';
import { runRecipe, type RecipeContext, type RecipeResult } from './run.ts';
import {
  bindCounting,
  combinations,
  countingData,
  hashOf,
  recipeOf,
  runTiny,
} from './testing/run-tiny.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createNodeRuntime('wasm', 1);
});
afterAll(() => runtime.dispose());

const model = plainChain();

const results = new Map<string, Promise<RecipeResult>>();
/** What a combination gives with seed 7, run once for all tests. */
function resultOf(name: string): Promise<RecipeResult> {
  const result =
    results.get(name) ?? runTiny(model, recipeOf(combinations[name] ?? [], 7), runtime);
  results.set(name, result);
  return result;
}

async function failure(steps: readonly object[], given: Model = model): Promise<EngineError> {
  try {
    await runTiny(given, recipeOf(steps), runtime);
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
  throw new Error('ran where it should have failed');
}

describe('runRecipe', () => {
  it.each(Object.entries(combinations))(
    'carries out %s to a model that runs',
    async (name, steps) => {
      const { model: made, outcomes } = await resultOf(name);
      expect(outcomes.map(({ step }) => step.method)).toEqual(
        (steps as { method: string }[]).map(({ method }) => method),
      );
      expect(verify(made)).toEqual([]);
      const feeds: Feeds = syntheticInputs(made, createRng(1), defaultDims(made));
      const [output] = Object.values(await runModel(made, runtime, feeds));
      expect(output?.dims).toEqual([1, 10]);
    },
  );

  it('gives the model back as it is where every step is off', async () => {
    const steps = [{ method: 'prune-weights', off: true }];
    const { model: made, outcomes } = await runTiny(model, recipeOf(steps), runtime);
    expect(made).toBe(model);
    expect(outcomes).toEqual([]);
  });

  it('leaves the given model alone', async () => {
    const before = hashOf(model);
    await runTiny(model, recipeOf(combinations['prune-weights, quantize-int8 static']!), runtime);
    expect(hashOf(model)).toBe(before);
  });

  it('a step that is off changes nothing, not even random streams', async () => {
    const steps = [{ method: 'prune-weights', ratio: 0.4 }, { method: 'quantize-weights' }];
    const withOff = [{ method: 'quantize-float16', off: true }, ...steps];
    const [a, b] = [
      await runTiny(model, recipeOf(steps), runtime),
      await runTiny(model, recipeOf(withOff), runtime),
    ];
    expect(hashOf(b.model)).toBe(hashOf(a.model));
  });

  it('numbers the step that fails as it stands in the recipe, and names those that ran', async () => {
    const error = await failure([
      { method: 'prune-channels', off: true },
      { method: 'prune-weights' },
      { method: 'quantize-float16' },
      { method: 'quantize-float16' },
    ]);
    expect(error.code).toBe('method/refused');
    expect(error.where).toMatch(
      /^step 4 \(quantize-float16\) after prune-weights, quantize-float16: /,
    );
    expect(error.detail).toContain('float16 already');
  });

  it('names a method that there is not, where a recipe was not parsed', async () => {
    const recipe = { version: 1, seed: 0, steps: [{ method: 'nothing' }] } as const;
    await expect(runTiny(model, recipe, runtime)).rejects.toMatchObject({
      code: 'recipe/unknown-method',
      where: expect.stringContaining('step 1 (nothing)') as string,
    });
  });

  it('throws at a graph that a step left broken: that is a fault of the program', async () => {
    const broken = edit(model, (e) => e.setMetadata('mark', '1'));
    const [first] = broken.graph.nodes;
    // A value without a producer, as a method with a bug would leave it.
    (first as unknown as { inputs: unknown[] }).inputs = [{ name: 'nowhere', uses: [] }];
    const steps = recipeOf([{ method: 'prune-weights', keep: [] }]);
    await expect(runTiny(broken, steps, runtime)).rejects.toThrow();
  });

  it('stops between steps and within them when the task is cancelled', async () => {
    for (const after of [0, 1, 3]) {
      const { task, breaths } = cancelling(after);
      const work = runTiny(
        model,
        recipeOf(combinations['prune-weights, quantize-int8 static']!),
        runtime,
        {
          task,
        },
      );
      await expect(work).rejects.toMatchObject({ code: 'cancelled', where: 'test' });
      expect(breaths()).toBe(after + 1);
    }
  });

  it('asks for shapes, runtime and calibration only where a step needs them', async () => {
    const asked: string[] = [];
    const refuse = (what: string) => () => {
      asked.push(what);
      return Promise.resolve(undefined);
    };
    const context: RecipeContext = {
      backend: 'wasm',
      task: quietTask,
      shapes: refuse('shapes'),
      runtime: refuse('runtime'),
      calibration: () => {
        asked.push('calibration');
        return undefined;
      },
    };
    await runRecipe(model, recipeOf([{ method: 'quantize-weights' }]), context);
    expect(asked).toEqual([]);
    const int8 = runRecipe(model, recipeOf([{ method: 'quantize-int8' }]), context);
    await expect(int8).rejects.toMatchObject({ code: 'method/refused' });
    expect(asked).toEqual(['runtime', 'calibration']);
  });

  it('calibrates on the samples kept for it, and the ranges follow them', async () => {
    const dataset = countingData(64);
    const data = bindCounting(dataset, 40);
    const steps = recipeOf([{ method: 'quantize-int8', samples: 32 }]);
    const { model: made } = await runTiny(model, steps, runtime, { data });
    expect(Math.max(...dataset.asked)).toBeLessThan(40);
    // The input's grid spans 0 … 31.191 (samples 0 to 31, each its index + up to 0.191) in 255 steps.
    const quantize = made.graph.nodes.find(
      ({ opType, inputs }) => opType === 'QuantizeLinear' && inputs[0]?.name === 'x',
    );
    const scale = tensorBytes(quantize?.inputs[1]?.constant as Tensor);
    const value = new DataView(scale.buffer, scale.byteOffset).getFloat32(0, true);
    expect(value).toBeCloseTo(31.191 / 255, 6);
  });
});

describe('the same recipe, model, data and seed give the same bytes', () => {
  it('twice in one process, and in two others', async () => {
    const here: Record<string, string> = {};
    for (const [name, steps] of Object.entries(combinations)) {
      const recipe = recipeOf(steps, 7);
      here[name] = hashOf((await resultOf(name)).model);
      expect(hashOf((await runTiny(plainChain(), recipe, runtime)).model), name).toBe(here[name]);
    }
    expect(new Set(Object.values(here)).size).toBe(Object.keys(combinations).length);
    const script = fileURLToPath(new URL('./testing/print-hashes.ts', import.meta.url));
    const run = async (): Promise<unknown> =>
      JSON.parse(
        (await promisify(execFile)(process.execPath, ['--import', 'tsx', script])).stdout,
      ) as unknown;
    expect(await Promise.all([run(), run()])).toEqual([here, here]);
  }, 60_000);

  it('other weights give other bytes', async () => {
    const other = tinyModel((b) => b.output(b.gemm(b.input(['N', 64]), 'fc', 64, 10)), 17, 6);
    const same = tinyModel((b) => b.output(b.gemm(b.input(['N', 64]), 'fc', 64, 10)), 17, 7);
    const steps = recipeOf([{ method: 'quantize-weights', bits: 4 }]);
    const [a, b] = [await runTiny(other, steps, runtime), await runTiny(same, steps, runtime)];
    expect(hashOf(a.model)).not.toBe(hashOf(b.model));
  });
});

/** A task that is cancelled at a certain breath. */
function cancelling(after: number): { task: Task; breaths: () => number } {
  let count = 0;
  return {
    breaths: () => count,
    task: {
      ...quietTask,
      breathe: () => {
        count++;
        return count > after
          ? Promise.reject(new EngineError('cancelled', { where: 'test', detail: 'cancelled' }))
          : Promise.resolve();
      },
    },
  };
}
