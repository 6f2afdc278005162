import { createRng, quietTask, type Progress, type Task } from '../../src/engine/core/index.ts';
import type { Model } from '../../src/engine/graph/index.ts';
import { writeBytes } from '../../src/engine/onnx/index.ts';
import { measureShapes, type Runtime } from '../../src/engine/runtime/index.ts';
import {
  averageDecay,
  cosineSchedule,
  crossEntropy,
  imageBatches,
  sgd,
  train,
  trainedModel,
  trainingGraph,
  validate,
  type EpochReport,
} from '../../src/engine/train/index.ts';

import type { Architecture } from './architectures/architecture.ts';
import { buildNetwork } from './build-network.ts';
import type { LabelledSplits } from './image-data.ts';

export interface TrainingRun {
  readonly model: Model;
  readonly epochs: readonly EpochLine[];
  readonly seconds: number;
}

export interface EpochLine {
  readonly epoch: number;
  readonly learningRate: number;
  readonly trainLoss: number;
  readonly trainAccuracy: number;
  /** On the whole test set, with the averaged weights. */
  readonly testAccuracy: number;
  readonly seconds: number;
}

/**
 * Trains one architecture and returns the model with its averaged weights, BatchNormalization still
 * in place.
 */
export async function trainNetwork(
  architecture: Architecture,
  data: LabelledSplits,
  runtime: Runtime,
  epochs: number,
  print: (line: string) => void,
): Promise<TrainingRun> {
  const { training } = architecture;
  const model = buildNetwork(architecture, createRng(training.seed).fork('weights'));
  const batches = imageBatches(data.train, 'image', training.augmentation);
  const shapes = await measureShapes(
    model,
    runtime,
    batches.batch([0, 1, 2], createRng(0)).inputs,
    quietTask,
  );
  const graph = trainingGraph(model, {
    shapes,
    loss: crossEntropy({ smoothing: training.labelSmoothing }),
    optimizer: sgd({
      momentum: training.momentum,
      nesterov: true,
      weightDecay: training.weightDecay,
    }),
    average: true,
  });
  const session = await runtime.create({ bytes: writeBytes(graph.model) });
  const stepsPerEpoch = Math.floor(batches.count / training.batchSize);
  const steps = epochs * stepsPerEpoch;
  const lines: EpochLine[] = [];
  const started = performance.now();
  let epochStarted = started;
  const averaged = (state: EpochReport['state']): Model =>
    trainedModel(model, graph, state, 'average');
  const state = await train(
    {
      graph,
      session,
      data: batches,
      epochs,
      batchSize: training.batchSize,
      learningRate: cosineSchedule({
        peak: training.peakLearningRate,
        steps,
        warmup: Math.round(stepsPerEpoch / 2),
        floor: 0,
      }),
      averageDecay: averageDecay(training.averageDecay),
      seed: training.seed,
      onEpoch: async (report) => {
        const seconds = (performance.now() - epochStarted) / 1000;
        const testAccuracy = await testAccuracyOf(averaged(report.state), data, runtime);
        const { epoch, learningRate, loss, accuracy } = report;
        lines.push({
          epoch,
          learningRate,
          trainLoss: loss,
          trainAccuracy: accuracy,
          testAccuracy,
          seconds,
        });
        print(
          `${architecture.name} ${epoch}/${epochs}  loss ${loss.toFixed(4)}  train ${percent(accuracy)}  test ${percent(testAccuracy)}  ${seconds.toFixed(0)} s`,
        );
        epochStarted = performance.now();
      },
    },
    progressTask(print, architecture.name),
  );
  await session.release();
  return { model: averaged(state), epochs: lines, seconds: (performance.now() - started) / 1000 };
}

export async function testAccuracyOf(
  model: Model,
  data: LabelledSplits,
  runtime: Runtime,
): Promise<number> {
  const session = await runtime.create({ bytes: writeBytes(model) });
  const { correct, count } = await validate(
    session,
    imageBatches(data.test, 'image'),
    250,
    quietTask,
  );
  await session.release();
  return correct / count;
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

/** A line every 200 steps. */
const progressTask = (print: (line: string) => void, name: string): Task => ({
  ...quietTask,
  report: ({ done, total }: Progress) => {
    if (done % 200 === 0) print(`${name}: step ${done} of ${total}`);
  },
});
