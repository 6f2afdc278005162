import { createRng, quietTask, type Progress, type Task } from '../../../src/engine/core/index.ts';
import { openTextSamples, type TextTokenizer } from '../../../src/engine/data/index.ts';
import { edit, type Model } from '../../../src/engine/graph/index.ts';
import {
  accuracyOf,
  perplexityOf,
  predict,
  type AccuracyMeasurement,
  type PerplexityMeasurement,
} from '../../../src/engine/measure/index.ts';
import { writeBytes } from '../../../src/engine/onnx/index.ts';
import { bindText } from '../../../src/engine/recipe/index.ts';
import { measureShapes, type Runtime } from '../../../src/engine/runtime/index.ts';
import {
  adamw,
  averageDecay,
  cosineSchedule,
  crossEntropy,
  train,
  trainedModel,
  trainingGraph,
  type BatchSource,
  type EpochReport,
} from '../../../src/engine/train/index.ts';
import type { TextArchitecture } from './text-architecture.ts';
import type { TextSplits } from './text-data.ts';
import { labelledBatches, windowBatches } from './token-batches.ts';

/** Accuracy of a classifier, perplexity of a language model. */
export type HeldOut = AccuracyMeasurement | PerplexityMeasurement;

export interface TextRun {
  readonly model: Model;
  readonly epochs: readonly TextEpoch[];
  readonly seconds: number;
  /** Of the averaged weights on everything that was held out. */
  readonly heldOut: HeldOut;
}

export interface TextEpoch {
  readonly epoch: number;
  readonly learningRate: number;
  readonly trainLoss: number;
  /** With the averaged weights: accuracy or perplexity. */
  readonly heldOut: number;
  readonly seconds: number;
}

export interface TextRunRequest {
  readonly architecture: TextArchitecture;
  readonly data: TextSplits;
  /** The bundled file, which is what the result is measured on. */
  readonly samples: Uint8Array;
  readonly tokenizer: TextTokenizer;
  readonly runtime: Runtime;
  readonly epochs: number;
  readonly print: (line: string) => void;
}

/** Trains a text network and returns the model with its averaged weights, as the command line measures it. */
export async function trainTextNetwork(request: TextRunRequest): Promise<TextRun> {
  const { architecture, runtime, epochs, print } = request;
  const { training } = architecture;
  const model = startingModel(request);
  const batches = await batchesFor(request, model);
  const shapes = await measureShapes(
    model,
    runtime,
    batches.batch([0, 1, 2], createRng(0)).inputs,
    quietTask,
  );
  const graph = trainingGraph(model, {
    shapes,
    loss: crossEntropy({ smoothing: training.labelSmoothing }),
    optimizer: adamw({ weightDecay: training.weightDecay }),
    average: true,
  });
  const session = await runtime.create({ bytes: writeBytes(graph.model) });
  const steps = epochs * Math.floor(batches.count / training.batchSize);
  const lines: TextEpoch[] = [];
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
        warmup: Math.round(training.warmup * steps),
        floor: 0,
      }),
      averageDecay: averageDecay(training.averageDecay),
      seed: training.seed,
      onEpoch: async ({ epoch, learningRate, loss, state: now }) => {
        const seconds = (performance.now() - epochStarted) / 1000;
        const heldOut = await measureHeldOut(averaged(now), request);
        lines.push({ epoch, learningRate, trainLoss: loss, heldOut: heldOut.value, seconds });
        print(
          `${architecture.name} ${epoch}/${epochs}  loss ${loss.toFixed(4)}  held out: ${heldOut.metric} ${heldOut.value.toFixed(4)} (${heldOut.low.toFixed(4)} to ${heldOut.high.toFixed(4)})  ${seconds.toFixed(0)} s`,
        );
        epochStarted = performance.now();
      },
    },
    progressTask(print, architecture.name),
  );
  await session.release();
  const trained = averaged(state);
  return {
    model: trained,
    epochs: lines,
    seconds: (performance.now() - started) / 1000,
    heldOut: await measureHeldOut(trained, request),
  };
}

function startingModel({ architecture, tokenizer }: TextRunRequest): Model {
  const rng = createRng(architecture.training.seed).fork('weights');
  return edit(architecture.build(tokenizer.size, rng), (change) =>
    change.setMetadata('context_length', String(architecture.context)),
  );
}

async function batchesFor(
  { data, samples, tokenizer }: TextRunRequest,
  model: Model,
): Promise<BatchSource> {
  const { tokens } = await bindText(model, openTextSamples(samples).all, tokenizer);
  if (tokens === undefined) throw new Error('text was not bound to tokens');
  return data.labels === undefined
    ? windowBatches(tokens, data.train)
    : labelledBatches(tokens, data.train, data.labels.train);
}

/** On all samples held out, the way the studio and the command line measure. */
async function measureHeldOut(
  model: Model,
  { samples, tokenizer, runtime }: TextRunRequest,
): Promise<HeldOut> {
  const { dataset, split, preprocess, tokens } = await bindText(
    model,
    openTextSamples(samples).all,
    tokenizer,
  );
  const session = await runtime.create({ bytes: writeBytes(model) });
  const predictions = await predict({
    session,
    dataset,
    indices: split.measure,
    preprocess,
    tokens,
  });
  await session.release();
  const measured = accuracyOf(predictions, 'top1') ?? perplexityOf(predictions);
  if (measured === undefined) throw new Error('the network gives neither classes nor tokens');
  return measured;
}

/** A line every 50 steps. */
const progressTask = (print: (line: string) => void, name: string): Task => ({
  ...quietTask,
  report: ({ done, total }: Progress) => {
    if (done % 50 === 0) print(`${name}: step ${done} of ${total}`);
  },
});
