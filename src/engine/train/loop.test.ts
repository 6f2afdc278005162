import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../cli/node-runtime.ts';
import { createRng, EngineError, quietTask, type Progress } from '../core/index.ts';
import type { Model } from '../graph/index.ts';
import { writeBytes } from '../onnx/index.ts';
import { measureShapes, type Runtime } from '../runtime/index.ts';
import { imageBatches } from './image-batches.ts';
import { type EpochReport, train, type TrainingState } from './loop.ts';
import { crossEntropy } from './losses/cross-entropy.ts';
import { sgd } from './optimizers/sgd.ts';
import { averageDecay, cosineSchedule } from './schedule.ts';
import { barImages, tinyNetwork } from './testing/tiny-task.ts';
import { trainedModel } from './trained-model.ts';
import { type TrainingGraph, trainingGraph } from './training-graph.ts';
import { validate } from './validate.ts';

const epochs = 6;
const batchSize = 32;
const trainSet = barImages(320, 1);
const testSet = barImages(200, 2);

describe('train', () => {
  let runtime: Runtime;
  let model: Model;
  let graph: TrainingGraph;
  beforeAll(async () => {
    runtime = await createNodeRuntime('wasm', 1);
    model = tinyNetwork();
    const { inputs } = imageBatches(trainSet, 'image').batch([0, 1], createRng(0));
    graph = trainingGraph(model, {
      shapes: await measureShapes(model, runtime, inputs, quietTask),
      loss: crossEntropy({ smoothing: 0 }),
      optimizer: sgd({ momentum: 0.9, nesterov: true, weightDecay: 1e-4 }),
      average: true,
    });
  });
  afterAll(() => runtime.dispose());

  async function run(
    seed: number,
    onEpoch: (report: EpochReport) => void = () => undefined,
    options: { peak?: number; task?: typeof quietTask } = {},
  ): Promise<TrainingState> {
    const session = await runtime.create({ bytes: writeBytes(graph.model) });
    try {
      return await train(
        {
          graph,
          session,
          data: imageBatches(trainSet, 'image', {
            shift: 1,
            flip: true,
            eraseChance: 0,
            eraseSize: 0,
          }),
          epochs,
          batchSize,
          seed,
          learningRate: cosineSchedule({
            peak: options.peak ?? 0.3,
            steps: 60,
            warmup: 5,
            floor: 0,
          }),
          averageDecay: averageDecay(0.9),
          onEpoch,
        },
        options.task ?? quietTask,
      );
    } finally {
      await session.release();
    }
  }

  async function accuracyOf(trained: Model): Promise<number> {
    const session = await runtime.create({ bytes: writeBytes(trained) });
    const { correct, count } = await validate(
      session,
      imageBatches(testSet, 'image'),
      64,
      quietTask,
    );
    await session.release();
    expect(count).toBe(200);
    return correct / count;
  }

  it('lowers the loss and learns the task, as last weights and as averages', async () => {
    const reports: EpochReport[] = [];
    const state = await run(5, (report) => reports.push(report));
    const losses = reports.map(({ loss }) => loss);
    expect(losses).toHaveLength(epochs);
    expect(losses[0]).toBeGreaterThan(0.7);
    expect(losses.at(-1)).toBeLessThan(0.4);
    expect(reports.at(-1)?.accuracy).toBeGreaterThan(0.9);
    expect(reports.at(-1)?.steps).toBe(60);
    expect(await accuracyOf(model)).toBeLessThan(0.6);
    expect(await accuracyOf(trainedModel(model, graph, state, 'last'))).toBeGreaterThan(0.95);
    expect(await accuracyOf(trainedModel(model, graph, state, 'average'))).toBeGreaterThan(0.95);
  });

  it('gives the same bytes for the same seed, and others for another', async () => {
    const bytesOf = async (seed: number) =>
      writeBytes(trainedModel(model, graph, await run(seed), 'average'));
    const [once, again, other] = [await bytesOf(9), await bytesOf(9), await bytesOf(10)];
    expect(again).toEqual(once);
    expect(other).not.toEqual(once);
  });

  it('reports its progress and stops when asked', async () => {
    const seen: Progress[] = [];
    const stop = new AbortController();
    const task = {
      signal: stop.signal,
      report: (progress: Progress) => {
        seen.push(progress);
        if (progress.done === 3) stop.abort();
      },
      breathe: () => Promise.resolve(),
    };
    await expect(run(1, undefined, { task })).rejects.toMatchObject({ code: 'cancelled' });
    expect(seen).toEqual([1, 2, 3].map((done) => ({ phase: 'training', done, total: 60 })));
  });

  it('says when it diverges', async () => {
    const error: unknown = await run(1, undefined, { peak: 1e30 }).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(EngineError);
    expect(error).toMatchObject({ code: 'train/diverged' });
  });

  it('refuses fewer samples than one batch', async () => {
    const session = await runtime.create({ bytes: writeBytes(graph.model) });
    const few = imageBatches(barImages(31, 1), 'image');
    const attempt = train(
      { graph, session, data: few, epochs: 1, batchSize, seed: 0, learningRate: () => 0.1 },
      quietTask,
    );
    await expect(attempt).rejects.toMatchObject({ code: 'data/empty' });
    await session.release();
  });
});
