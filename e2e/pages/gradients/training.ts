import { createRng, quietTask } from '../../../src/engine/core/index.ts';
import { writeBytes } from '../../../src/engine/onnx/index.ts';
import {
  measureShapes,
  type Feeds,
  type RuntimeTensor,
} from '../../../src/engine/runtime/index.ts';
import { imageBatches } from '../../../src/engine/train/image-batches.ts';
import { crossEntropy } from '../../../src/engine/train/losses/cross-entropy.ts';
import { initialState } from '../../../src/engine/train/loop.ts';
import { sgd } from '../../../src/engine/train/optimizers/sgd.ts';
import { floats, fromFloats } from '../../../src/engine/train/testing/float-tensors.ts';
import { barImages, tinyNetwork } from '../../../src/engine/train/testing/tiny-task.ts';
import { type TrainingGraph, trainingGraph } from '../../../src/engine/train/training-graph.ts';
import { type GpuBuild, runtimeOf } from './runtimes.ts';

/**
 * Some steps of the tiny network on WASM and on WebGPU: same weights to begin with, same batches.
 * Weights and optimizer state are carried from step to step, on WebGPU in the GPU's memory.
 */
export interface TrainedOnBoth {
  readonly wasm: readonly number[];
  readonly gpu: readonly number[];
  /** Largest difference of any weight or state after the last step, as a share of its tensor's largest value. */
  readonly stateDifference: number;
  readonly stateBytes: number;
}

/** What happens on the GPU's side can be watched from outside between these moments. */
export type Moment = 'first step done' | 'last step done' | 'state read';

export async function trainOnBoth(build: GpuBuild, steps: number): Promise<TrainedOnBoth> {
  const graph = await tinyTrainingGraph();
  const wasm = await trainSteps(graph, 'wasm', steps, () => Promise.resolve());
  const gpu = await trainSteps(graph, build, steps, atMoment);
  const differences = graph.state.map(({ input }) => {
    const [a, b] = [floats(wasm.state[input]), floats(gpu.state[input])];
    const worst = Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? Number.NaN))));
    return worst / Math.max(...a.map(Math.abs), 1e-3);
  });
  return {
    wasm: wasm.losses,
    gpu: gpu.losses,
    stateDifference: Math.max(...differences),
    stateBytes: Object.values(gpu.state).reduce((sum, { data }) => sum + data.length, 0),
  };
}

/** The test's own function, where it has one. */
const atMoment = async (moment: Moment): Promise<void> => {
  const watch: unknown = Reflect.get(globalThis, 'atMoment');
  if (typeof watch === 'function') await watch(moment);
};

async function tinyTrainingGraph(): Promise<TrainingGraph> {
  const model = tinyNetwork();
  const { inputs } = imageBatches(barImages(2, 1), 'image').batch([0, 1], createRng(0));
  return trainingGraph(model, {
    shapes: await measureShapes(model, await runtimeOf('wasm'), inputs, quietTask),
    loss: crossEntropy({ smoothing: 0 }),
    optimizer: sgd({ momentum: 0.9, nesterov: true, weightDecay: 1e-4 }),
    average: true,
  });
}

async function trainSteps(
  graph: TrainingGraph,
  build: GpuBuild | 'wasm',
  steps: number,
  reached: (moment: Moment) => Promise<void>,
): Promise<{ losses: number[]; state: Feeds }> {
  const runtime = await runtimeOf(build);
  const session = await runtime.create(
    { bytes: writeBytes(graph.model) },
    { carried: graph.state.map(({ output }) => output) },
  );
  const run = await session.carry({
    pairs: graph.state.map(({ input, output }) => ({ input, output })),
    initial: initialState(graph),
  });
  const images = imageBatches(barImages(steps * batchSize, 3), 'image');
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const results = await run.step(feedsOf(graph, images, step), [graph.loss]);
    losses.push(floats(results[graph.loss])[0] ?? Number.NaN);
    if (step === 0) await reached('first step done');
  }
  await reached('last step done');
  const state = await run.read();
  await reached('state read');
  await run.release();
  await session.release();
  return { losses, state };
}

const batchSize = 16;

function feedsOf(
  graph: TrainingGraph,
  images: ReturnType<typeof imageBatches>,
  step: number,
): Feeds {
  const indices = Array.from({ length: batchSize }, (_, i) => step * batchSize + i);
  const { inputs, labels } = images.batch(indices, createRng(step));
  const feeds: Record<string, RuntimeTensor> = { ...inputs };
  for (const name of graph.lossInputs) feeds[name] = labels;
  const scalar = (value: number): RuntimeTensor => fromFloats([], Float32Array.of(value));
  feeds[graph.learningRate] = scalar(0.1);
  for (const [name, at] of graph.scalars) feeds[name] = scalar(at(step));
  if (graph.averageDecay !== undefined) feeds[graph.averageDecay] = scalar(0.9);
  return feeds;
}
