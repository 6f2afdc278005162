import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../cli/node-runtime.ts';
import { createRng, quietTask } from '../core/index.ts';
import { edit, type Model, type Value, verify } from '../graph/index.ts';
import { writeBytes } from '../onnx/index.ts';
import { measureShapes, type Feeds, type Runtime, type RuntimeTensor } from '../runtime/index.ts';
import { float32Tensor, typedView } from '../tensor/index.ts';
import { imageBatches } from './image-batches.ts';
import { initialState } from './loop.ts';
import { crossEntropy } from './losses/cross-entropy.ts';
import { adamw } from './optimizers/adamw.ts';
import type { Optimizer } from './optimizers/optimizer.ts';
import { sgd } from './optimizers/sgd.ts';
import { floats } from './testing/float-tensors.ts';
import { barImages, tinyNetwork } from './testing/tiny-task.ts';
import { type TrainingGraph, trainingGraph, type TrainingGraphOptions } from './training-graph.ts';

/** Masks, clipping and accumulation, seen in what one or a few steps do to the weights. */
const scalar = (value: number): RuntimeTensor => ({
  dtype: 'float32',
  dims: [],
  data: new Uint8Array(Float32Array.of(value).buffer),
});
const bool = (value: boolean): RuntimeTensor => ({
  dtype: 'bool',
  dims: [],
  data: Uint8Array.of(value ? 1 : 0),
});
const images = imageBatches(barImages(64, 3), 'image');
const indices = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);
const plain = sgd({ momentum: 0, nesterov: false, weightDecay: 0 });
const named = (model: Model, name: string): Value =>
  model.graph.constants.find((value) => value.name === name) as Value;

describe('options of a training graph', () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createNodeRuntime('wasm', 1);
  });
  afterAll(() => runtime.dispose());

  async function graphOf(
    model: Model,
    options: Partial<TrainingGraphOptions>,
  ): Promise<TrainingGraph> {
    const { inputs } = images.batch([0, 1], createRng(0));
    return trainingGraph(model, {
      shapes: await measureShapes(model, runtime, inputs, quietTask),
      loss: crossEntropy({ smoothing: 0 }),
      optimizer: plain,
      batchNormalization: 'frozen',
      ...options,
    });
  }

  /** Runs one step per batch, with what each is fed beside the batch; returns the last outputs and the state after them. */
  async function steps(
    graph: TrainingGraph,
    batches: readonly (readonly number[])[],
    fed: (step: number) => Feeds = () => ({}),
  ) {
    const session = await runtime.create({ bytes: writeBytes(graph.model) });
    let state = initialState(graph);
    let results: Record<string, RuntimeTensor> = {};
    for (const [step, batch] of batches.entries()) {
      const { inputs, labels } = images.batch(batch, createRng(0));
      const scalars = [...graph.scalars].map(([name, at]) => [name, scalar(at(step))]);
      results = await session.run({
        ...state,
        ...inputs,
        labels,
        [graph.learningRate]: scalar(0.5),
        ...Object.fromEntries(scalars),
        ...fed(step),
      });
      state = Object.fromEntries(
        graph.state.map((slot) => [slot.input, results[slot.output] as RuntimeTensor]),
      );
    }
    await session.release();
    return { results, state };
  }

  it.each<[string, Optimizer]>([
    ['sgd', sgd({ momentum: 0.9, nesterov: true, weightDecay: 0.1 })],
    ['adamw', adamw({ weightDecay: 0.1 })],
  ])('masked weights that are zero stay zero, the others learn (%s)', async (_, optimizer) => {
    const model = edit(tinyNetwork(), (change) => {
      const weight = named(change.model, 'conv.weight');
      const pruned = Float32Array.from(typedView(weight.constant as never) as Float32Array);
      for (let i = 0; i < pruned.length; i += 2) pruned[i] = 0;
      change.setConstant(weight, float32Tensor([8, 1, 3, 3], pruned));
    });
    const graph = await graphOf(model, {
      optimizer,
      masked: new Set([named(model, 'conv.weight')]),
    });
    const { state } = await steps(graph, [indices(0, 16), indices(16, 16), indices(32, 16)]);
    const before = typedView(named(model, 'conv.weight').constant as never) as Float32Array;
    const after = floats(state['conv.weight/weight']);
    after.forEach((value, i) => expect(value === 0).toBe(before[i] === 0));
    expect(after.some((value, i) => Math.abs(value - (before[i] ?? 0)) > 1e-3)).toBe(true);
  });

  it('shortens gradients to the largest norm, and only then', async () => {
    const model = tinyNetwork();
    const moved = async (clipNorm: number | undefined) => {
      const graph = await graphOf(model, { clipNorm });
      const { results, state } = await steps(graph, [indices(0, 16)]);
      const initial = initialState(graph);
      const gradient = graph.state.flatMap((slot) => {
        const after = floats(state[slot.input]);
        return [...floats(initial[slot.input])].map((w, i) => (w - (after[i] ?? 0)) / 0.5);
      });
      const norm = graph.metrics.get('gradient norm');
      return { gradient, norm: norm === undefined ? undefined : floats(results[norm])[0] };
    };
    const free = await moved(undefined);
    const norm = Math.hypot(...free.gradient);
    expect(free.norm).toBeUndefined();
    const short = await moved(norm / 4);
    expect(short.norm).toBeCloseTo(norm, 4);
    short.gradient.forEach((g, i) => expect(g).toBeCloseTo((free.gradient[i] ?? 0) / 4, 5));
    expect((await moved(norm * 4)).gradient).toEqual(free.gradient);
  });

  it.each<[string, Optimizer]>([
    ['sgd', sgd({ momentum: 0.9, nesterov: false, weightDecay: 0.01 })],
    ['adamw', adamw({ weightDecay: 0.01 })],
  ])(
    'four accumulated batches move the weights as one of four times the size (%s)',
    async (_, optimizer) => {
      const model = tinyNetwork();
      const whole = await steps(
        await graphOf(model, { optimizer, average: true }),
        [indices(0, 32)],
        () => ({
          average_decay: scalar(0.5),
        }),
      );
      const graph = await graphOf(model, { optimizer, average: true, accumulate: true });
      expect(verify(graph.model)).toEqual([]);
      const parts = [0, 8, 16, 24].map((from) => indices(from, 8));
      const fed = (step: number): Feeds => ({
        average_decay: scalar(0.5),
        [graph.accumulation?.carried ?? '']: scalar(step % 4 === 0 ? 0 : 1),
        [graph.accumulation?.share ?? '']: scalar(0.25),
        [graph.accumulation?.apply ?? '']: bool(step % 4 === 3),
      });
      const constant = Object.fromEntries(
        [...graph.scalars].map(([name, at]) => [name, scalar(at(0))]),
      );
      const before = await steps(graph, parts.slice(0, 3), (step) => ({
        ...fed(step),
        ...constant,
      }));
      const after = await steps(graph, parts, (step) => ({ ...fed(step), ...constant }));
      for (const slot of graph.state) {
        if (slot.role === 'gradient') continue;
        expect(before.state[slot.input], slot.input).toEqual(initialState(graph)[slot.input]);
        floats(after.state[slot.input]).forEach((value, i) =>
          expect(value).toBeCloseTo(floats(whole.state[slot.input])[i] ?? Number.NaN, 4),
        );
      }
    },
  );
});
