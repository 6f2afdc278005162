import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../cli/node-runtime.ts';
import { countMacs, countParameters } from '../analysis/index.ts';
import { createRng, quietTask } from '../core/index.ts';
import type { Dataset } from '../data/index.ts';
import type { Model } from '../graph/index.ts';
import { measureFidelity } from '../measure/index.ts';
import { invertedBottlenecks, plainChain } from '../methods/testing/tiny-models.ts';
import { modelSize, toModelFile, writeBytes } from '../onnx/index.ts';
import { defaultDims, measureShapes, syntheticInputs, type Runtime } from '../runtime/index.ts';
import { tensorBytes, toFloat32 } from '../tensor/index.ts';
import type { TrainingReport } from '../train/index.ts';
import { observe } from './observe.ts';
import { planRecipe } from './plan.ts';
import { bindCounting, hashOf, quietTrainingHost, recipeOf, runTiny } from './testing/run-tiny.ts';

/** Steps that train, run as the page and the command line run them: without any label, a tiny network learns from another. */

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createNodeRuntime('wasm', 1);
});
afterAll(() => runtime.dispose());

const teacher = plainChain();

/** Seeded noise: every sample another, the same in every run. */
const noise = (count: number, labels?: Int32Array): Dataset => ({
  name: 'noise',
  kind: 'arrays',
  count,
  classes: undefined,
  labels,
  sampleDims: [3, 8, 8],
  sample(index) {
    const rng = createRng(index + 1);
    const data = Float32Array.from({ length: 192 }, () => rng.normal());
    return Promise.resolve({ kind: 'array', dims: [3, 8, 8], data });
  },
});
const data = bindCounting(noise(320), 256);

const run = async (steps: readonly object[], report?: (report: TrainingReport) => void) => {
  const host = quietTrainingHost(report);
  return (await runTiny(teacher, recipeOf(steps, 3), runtime, { data, host })).model;
};

/** SQNR in dB against the teacher, on samples that nothing was learnt from. */
async function nearness(model: Model): Promise<number> {
  const outputs = [];
  for (const one of [teacher, model]) {
    const session = await runtime.create(toModelFile(one));
    const common = { source: 'user', samples: 64, dims: {}, task: quietTask } as const;
    outputs.push((await observe({ model: one, session, data, ...common })).outputs);
    await session.release();
  }
  const [was, is] = outputs;
  return measureFidelity(was!, is!, 'user').sqnrDb;
}

const operators = ({ graph }: Model) => graph.nodes.map(({ opType }) => opType);
const constantsOf = ({ graph }: Model) =>
  new Map(graph.constants.map(({ name, constant }) => [name, constant!]));

const recover = { method: 'recover', epochs: 5, batchSize: 16, outputs: 'values' };

describe('recover', () => {
  const cut = { method: 'prune-channels', ratio: 0.5 };
  it.each<[string, readonly object[], number]>([
    ['2-bit weights', [{ method: 'quantize-weights', bits: 2, blockSize: 16 }], 3],
    ['4-bit products', [cut, { method: 'quantize-weights', bits: 4, symmetric: true }], 1],
    ['int8, dynamic', [cut, { method: 'quantize-int8', mode: 'dynamic' }], 1],
    ['int8, static', [cut, { method: 'quantize-int8', samples: 64, granularity: 'per-tensor' }], 1],
    ['int8, weights-only', [cut, { method: 'quantize-int8', mode: 'weights-only' }], 1],
    ['float16', [cut, { method: 'quantize-float16' }], 1],
  ])(
    'learns through %s and rounds again: same structure, same size',
    async (_name, steps, gain) => {
      const before = await run(steps);
      const after = await run([...steps, recover]);
      expect(operators(after)).toEqual(operators(before));
      expect(modelSize(after)).toBe(modelSize(before));
      expect(await nearness(after)).toBeGreaterThan((await nearness(before)) + gain);
    },
  );

  it('brings back what channel pruning lost, in the smaller shapes', async () => {
    const step = { method: 'prune-channels', ratio: 0.5 };
    const before = await run([step]);
    const after = await run([step, recover]);
    expect(modelSize(after)).toBe(modelSize(before));
    expect(await nearness(after)).toBeGreaterThan((await nearness(before)) + 3);
  });

  it('leaves pruned weights at zero, patterns too, and quantized ones on the same grid of zeros', async () => {
    const step = { method: 'prune-weights', pattern: '2:4' };
    const before = constantsOf(await run([step]));
    const after = constantsOf(await run([step, recover]));
    let zeros = 0;
    let moved = 0;
    for (const [name, tensor] of before) {
      const [was, is] = [toFloat32(tensor), toFloat32(after.get(name)!)];
      was.forEach((value, i) => {
        if (value === 0 && tensor.dims.length > 1) {
          zeros++;
          expect(is[i]).toBe(0);
        } else if (value !== is[i]) moved++;
      });
    }
    expect(zeros).toBeGreaterThan(1000);
    expect(moved).toBeGreaterThan(1000);
  });

  it.each(['weights', 'norms'])('moves %s alone where it is told to', async (learn) => {
    const model = invertedBottlenecks();
    const step = { method: 'prune-weights', ratio: 0.5 };
    const of = async (steps: readonly object[]) =>
      constantsOf(
        (await runTiny(model, recipeOf(steps), runtime, { data, host: quietTrainingHost() })).model,
      );
    const before = await of([step]);
    const after = await of([step, { ...recover, learn }]);
    const moved = [...before].filter(
      ([name, tensor]) => !Buffer.from(tensorBytes(tensor)).equals(tensorBytes(after.get(name)!)),
    );
    expect(moved.length).toBeGreaterThan(4);
    for (const [name, { dims }] of moved) expect(dims.length > 1, name).toBe(learn === 'weights');
  });

  it('gives the same bytes twice, others for another seed, and goes on when it comes again', async () => {
    const steps = [
      { method: 'quantize-weights', bits: 3, blockSize: 16 },
      { ...recover, epochs: 1 },
    ];
    const host = quietTrainingHost();
    const of = async (seed: number, list: readonly object[]) =>
      hashOf((await runTiny(teacher, recipeOf(list, seed), runtime, { data, host })).model);
    const first = await of(1, steps);
    expect(await of(1, steps)).toBe(first);
    expect(await of(2, steps)).not.toBe(first);
    expect(await of(1, [...steps, { ...recover, epochs: 1 }])).not.toBe(first);
  });

  it('refuses without data, without a host, and without float weights', async () => {
    const host = quietTrainingHost();
    await expect(runTiny(teacher, recipeOf([recover]), runtime, { host })).rejects.toMatchObject({
      code: 'method/refused',
      detail: 'there is no data to learn from',
    });
    await expect(runTiny(teacher, recipeOf([recover]), runtime, { data })).rejects.toMatchObject({
      code: 'method/refused',
      detail: 'nothing can be trained here',
    });
    const stored = await run([{ method: 'quantize-weights', bits: 3 }]);
    const none = runTiny(stored, recipeOf([{ ...recover, learn: 'weights' }]), runtime, {
      data,
      host,
    });
    await expect(none).rejects.toMatchObject({ code: 'method/refused' });
  });
});

const distill = {
  method: 'distill',
  epochs: 8,
  batchSize: 16,
  outputs: 'values',
  student: { width: 0.5 },
};

describe('distill', () => {
  it('gives the student that was planned, to the byte, and it has learnt', async () => {
    const reports: TrainingReport[] = [];
    const made = await run([distill], (report) => reports.push(report));
    const shapes = await measureShapes(
      teacher,
      runtime,
      syntheticInputs(teacher, createRng(3), defaultDims(teacher)),
      quietTask,
    );
    const { predicted } = planRecipe(teacher, recipeOf([distill], 3), {
      backend: 'wasm',
      shapes,
      start: {},
    });
    expect(predicted.sizeBytes).toBe(writeBytes(made).byteLength);
    expect(predicted.params).toBe(countParameters(made).total);
    const own = await measureShapes(
      made,
      runtime,
      syntheticInputs(made, createRng(3), defaultDims(made)),
      quietTask,
    );
    expect(predicted.macs).toBe(countMacs(made, own).total);
    expect(predicted.params).toBeLessThan(countParameters(teacher).total / 2);
    expect(reports.every((report) => report.run === 'student')).toBe(true);
    expect(reports.at(-1)?.phase).toBe('done');
    const untaught = await run([{ ...distill, epochs: 1, learningRate: 1e-9 }]);
    expect(await nearness(made)).toBeGreaterThan((await nearness(untaught)) + 4);
  });

  it('starts from fresh weights where asked, and takes hints', async () => {
    const made = await run([{ ...distill, weights: 'fresh', hints: true, epochs: 1 }]);
    const important = await run([{ ...distill, hints: true, epochs: 1 }]);
    expect(modelSize(made)).toBe(modelSize(important));
    expect(hashOf(made)).not.toBe(hashOf(important));
  });

  it('trains a control on labels alone where there are some that fit', async () => {
    const labels = Int32Array.from({ length: 320 }, (_, i) => i % 10);
    const labelled = bindCounting(noise(320, labels), 256);
    const runs = new Set<string>();
    const host = quietTrainingHost((report) => void runs.add(report.run));
    const steps = recipeOf([{ ...distill, outputs: 'auto', epochs: 1, control: true }]);
    await runTiny(teacher, steps, runtime, { data: labelled, host });
    expect([...runs]).toEqual(['student', 'control']);
    await expect(runTiny(teacher, steps, runtime, { data, host })).rejects.toMatchObject({
      code: 'method/refused',
      where: expect.stringContaining('distill') as string,
    });
  });

  it('refuses a model whose weights are rounded already', async () => {
    const steps = [{ method: 'quantize-int8', mode: 'weights-only' }, distill];
    await expect(run(steps)).rejects.toMatchObject({ code: 'method/refused' });
  });
});

it('later steps are planned on what a step that trains will give', () => {
  const steps = [{ method: 'prune-weights' }, recover, { method: 'quantize-weights', bits: 4 }];
  const source = { backend: 'wasm', shapes: undefined, start: {} } as const;
  const planned = planRecipe(teacher, recipeOf(steps), source);
  expect(planned.steps.map(({ result }) => result?.ok)).toEqual([true, true, true]);
  const without = planRecipe(teacher, recipeOf(steps.filter((step) => step !== recover)), source);
  expect(planned.predicted.sizeBytes).toBe(without.predicted.sizeBytes);
});
