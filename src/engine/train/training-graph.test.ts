import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../cli/node-runtime.ts';
import { createRng, quietTask } from '../core/index.ts';
import { buildModel, type Model, verify } from '../graph/index.ts';
import { writeBytes } from '../onnx/index.ts';
import { measureShapes, type Feeds, type Runtime, type RuntimeTensor } from '../runtime/index.ts';
import { tensorBytes } from '../tensor/index.ts';
import { imageBatches } from './image-batches.ts';
import { filled } from './initializers.ts';
import { initialState } from './loop.ts';
import { crossEntropy } from './losses/cross-entropy.ts';
import { sgd } from './optimizers/sgd.ts';
import { floats } from './testing/float-tensors.ts';
import { barImages, tinyNetwork } from './testing/tiny-task.ts';
import { trainedModel } from './trained-model.ts';
import { type TrainingGraph, trainingGraph, type TrainingGraphOptions } from './training-graph.ts';

const scalar = (value: number): RuntimeTensor => ({
  dtype: 'float32',
  dims: [],
  data: new Uint8Array(Float32Array.of(value).buffer),
});

const plain = sgd({ momentum: 0, nesterov: false, weightDecay: 0 });
const images = imageBatches(barImages(64, 3), 'image');
const indices = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

describe('trainingGraph', () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createNodeRuntime('wasm', 1);
  });
  afterAll(() => runtime.dispose());

  async function graphOf(
    model: Model,
    options: Partial<TrainingGraphOptions> = {},
  ): Promise<TrainingGraph> {
    const { inputs } = images.batch([0, 1], createRng(0));
    return trainingGraph(model, {
      shapes: await measureShapes(model, runtime, inputs, quietTask),
      loss: crossEntropy({ smoothing: 0 }),
      optimizer: plain,
      ...options,
    });
  }

  function feedsOf(graph: TrainingGraph, batch: readonly number[], learningRate: number): Feeds {
    const { inputs, labels } = images.batch(batch, createRng(0));
    return { ...initialState(graph), ...inputs, labels, learning_rate: scalar(learningRate) };
  }

  async function step(graph: TrainingGraph, feeds: Feeds): Promise<Record<string, RuntimeTensor>> {
    const session = await runtime.create({ bytes: writeBytes(graph.model) });
    const results = await session.run(feeds);
    await session.release();
    return results;
  }

  /** (before - after) ÷ rate: the gradient that a plain SGD step applied. */
  function appliedGradient(
    graph: TrainingGraph,
    results: Readonly<Record<string, RuntimeTensor>>,
    name: string,
    rate: number,
  ): Float32Array {
    const slot = graph.state.find((each) => each.role === 'weight' && each.of.name === name);
    if (slot === undefined) throw new Error(`${name} is not trained`);
    const after = floats(results[slot.output]);
    const before = new Float32Array(tensorBytes(slot.initial).slice().buffer);
    return before.map((value, i) => (value - (after[i] ?? Number.NaN)) / rate);
  }

  it('is a valid graph with one state slot per weight, statistic and velocity', async () => {
    const graph = await graphOf(tinyNetwork(), {
      optimizer: sgd({ momentum: 0.9, nesterov: false, weightDecay: 0 }),
      average: true,
    });
    expect(verify(graph.model)).toEqual([]);
    expect(graph.dataInputs).toEqual(['image']);
    expect(graph.lossInputs).toEqual(['labels']);
    const names = (role: string) =>
      graph.state
        .filter((slot) => slot.role === role)
        .map((slot) => slot.of.name)
        .toSorted();
    const weights = [
      'classifier.bias',
      'classifier.weight',
      'conv.weight',
      'depthwise.bias',
      'depthwise.weight',
      'norm.beta',
      'norm.gamma',
    ];
    expect(names('weight')).toEqual(weights);
    expect(names('optimizer')).toEqual(weights);
    expect(names('average')).toEqual(weights);
    expect(names('running')).toEqual(['norm.mean', 'norm.variance']);
  });

  it('applies the gradient of the whole network, at any batch size', async () => {
    const graph = await graphOf(tinyNetwork());
    const batch = indices(0, 5);
    const rate = 0.25;
    const feeds = feedsOf(graph, batch, rate);
    const results = await step(graph, feeds);
    const session = await runtime.create({ bytes: writeBytes(graph.model) });
    const lossAt = async (input: string, values: Float32Array): Promise<number> => {
      const dims = feeds[input]?.dims ?? [];
      const data = new Uint8Array(values.buffer);
      const moved = await session.run({ ...feeds, [input]: { dtype: 'float32', dims, data } }, [
        graph.loss,
      ]);
      return floats(moved[graph.loss])[0] ?? Number.NaN;
    };
    for (const slot of graph.state.filter(({ role }) => role === 'weight')) {
      const gradient = appliedGradient(graph, results, slot.of.name, rate);
      // Along the gradient itself the loss changes by |g|² per unit: every element takes part.
      const norm = Math.hypot(...gradient);
      const before = floats(feeds[slot.input]);
      const moved = (sign: number) =>
        before.map((value, i) => value + (sign * 0.01 * (gradient[i] ?? 0)) / norm);
      const up = await lossAt(slot.input, moved(1));
      const down = await lossAt(slot.input, moved(-1));
      expect((up - down) / 0.02 / norm, slot.of.name).toBeCloseTo(1, 1.5);
    }
    await session.release();
  });

  it('moves running statistics towards those of the batch', async () => {
    const model = buildModel(18, (edit) => {
      const image = edit.addInput('image', {
        kind: 'tensor',
        dtype: 'float32',
        dims: ['batch', 1, 8, 8],
      });
      const parts = ['gamma', 'beta', 'mean', 'variance'].map((part, i) =>
        edit.addConstant(part, filled([1], i % 3 === 0 ? 1 : 0)),
      );
      const norm = edit.op('BatchNormalization', [image, ...parts], {
        momentum: { kind: 'float', value: 0.75 },
      });
      const flat = edit.op('Flatten', [norm]);
      edit.addOutput(edit.op('Gemm', [flat, edit.addConstant('w', filled([64, 3], 0.1))]));
    });
    const graph = await graphOf(model);
    const feeds = feedsOf(graph, indices(0, 16), 0);
    const results = await step(graph, feeds);
    const pixels = floats(feeds['image']);
    const mean = pixels.reduce((sum, x) => sum + x, 0) / pixels.length;
    const variance = pixels.reduce((sum, x) => sum + (x - mean) ** 2, 0) / pixels.length;
    const output = (name: string) =>
      graph.state.find((slot) => slot.role === 'running' && slot.of.name === name)?.output ?? '';
    expect(floats(results[output('mean')])[0]).toBeCloseTo(0.25 * mean, 5);
    expect(floats(results[output('variance')])[0]).toBeCloseTo(0.75 + 0.25 * variance, 5);
    // And they reach the model.
    const state = Object.fromEntries(
      graph.state.map((slot) => [slot.input, results[slot.output] as RuntimeTensor]),
    );
    const trained = trainedModel(model, graph, state);
    const constant = trained.graph.constants.find((value) => value.name === 'mean')?.constant;
    expect(new Float32Array(tensorBytes(constant as never).slice().buffer)[0]).toBeCloseTo(
      0.25 * mean,
      5,
    );
  });

  it('keeps the statistics of the file when they are frozen', async () => {
    const graph = await graphOf(tinyNetwork(), { batchNormalization: 'frozen' });
    expect(graph.state.filter((slot) => slot.role === 'running')).toEqual([]);
  });

  it('trains only what it is told to', async () => {
    const model = tinyNetwork();
    const weights = model.graph.constants.filter((value) => value.name.startsWith('classifier'));
    const graph = await graphOf(model, { weights });
    expect(graph.state.map((slot) => slot.of.name)).toContain('classifier.weight');
    expect(graph.state.some((slot) => slot.of.name === 'conv.weight')).toBe(false);
  });

  const withAtan = (weightBefore: boolean): Model =>
    buildModel(18, (edit) => {
      const image = edit.addInput('image', {
        kind: 'tensor',
        dtype: 'float32',
        dims: ['batch', 1, 8, 8],
      });
      const linear = (x: typeof image, name: string, dims: readonly number[]) =>
        edit.op('MatMul', [x, edit.addConstant(name, filled(dims, 0.1))]);
      const flat = edit.op('Flatten', [image]);
      const before = weightBefore ? linear(flat, 'early', [64, 64]) : flat;
      const strange = edit.addNode('Atan', [before], { name: 'the_strange_one' });
      edit.addOutput(linear(strange.outputs[0] as typeof image, 'late', [64, 3]));
    });

  it('names the operator without a rule that stands before a weight', async () => {
    await expect(graphOf(withAtan(true))).rejects.toMatchObject({
      code: 'train/no-rule',
      where: 'the_strange_one',
      detail: expect.stringContaining('Atan') as string,
    });
  });

  it('does not mind an operator without a rule where no gradient passes', async () => {
    const graph = await graphOf(withAtan(false));
    expect(graph.state.map((slot) => slot.of.name)).toEqual(['late']);
  });

  it('refuses an opset older than the operators it needs', async () => {
    const model = { ...tinyNetwork(), opsets: new Map([['', 17]]) };
    await expect(graphOf(model)).rejects.toMatchObject({
      code: 'train/no-rule',
      detail: expect.stringContaining('opset 17') as string,
    });
  });

  it('refuses a model without weights', async () => {
    const model = buildModel(18, (edit) => {
      const image = edit.addInput('image', {
        kind: 'tensor',
        dtype: 'float32',
        dims: ['batch', 1, 8, 8],
      });
      edit.addOutput(edit.op('Flatten', [image]));
    });
    await expect(graphOf(model)).rejects.toMatchObject({ code: 'train/no-rule' });
  });
});
