import { createRng, EngineError, permutation, throwIfAborted, type Task } from '../core/index.ts';
import type { Feeds, RuntimeTensor, Session } from '../runtime/index.ts';
import { tensorBytes } from '../tensor/index.ts';
import type { BatchSource } from './batches.ts';
import type { Schedule } from './schedule.ts';
import type { TrainingGraph } from './training-graph.ts';

/** Everything carried from step to step, by input name of the training graph. */
export type TrainingState = Readonly<Record<string, RuntimeTensor>>;

export interface TrainOptions {
  readonly graph: TrainingGraph;
  /** A session of `graph.model`. */
  readonly session: Session;
  readonly data: BatchSource;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: Schedule;
  /** Needed where the graph carries averages. */
  readonly averageDecay?: Schedule;
  /** Decides the order of samples and their augmentation. */
  readonly seed: number;
  /** Where to go on from; default: the weights of the model. */
  readonly state?: TrainingState;
  readonly onEpoch?: (report: EpochReport) => Promise<void> | void;
}

export interface EpochReport {
  /** From 1. */
  readonly epoch: number;
  /** Steps taken since the start. */
  readonly steps: number;
  /** Mean over the epoch's batches. */
  readonly loss: number;
  /** Share of the epoch's (augmented) samples that were classified right as they came by. */
  readonly accuracy: number;
  readonly learningRate: number;
  readonly state: TrainingState;
}

/**
 * Runs the training graph over the data. Each epoch visits the samples in a new seeded order; a
 * rest smaller than a batch is left out and comes by in other epochs. The same seed, data and
 * graph give the same bytes. Throws `train/diverged` when the loss is no longer a number,
 * `cancelled` when the task is aborted.
 */
export async function train(options: TrainOptions, task: Task): Promise<TrainingState> {
  const { graph, data, batchSize, epochs } = options;
  const stepsPerEpoch = Math.floor(data.count / batchSize);
  if (stepsPerEpoch === 0)
    throw new EngineError('data/empty', {
      where: 'training data',
      detail: `${data.count} samples do not fill one batch of ${batchSize}`,
    });
  const rng = createRng(options.seed);
  const total = epochs * stepsPerEpoch;
  let state = options.state ?? initialState(graph);
  let step = 0;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const order = permutation(data.count, rng.fork(`order ${epoch}`));
    const augmentation = rng.fork(`augmentation ${epoch}`);
    let lossSum = 0;
    let correct = 0;
    for (let i = 0; i < stepsPerEpoch; i++) {
      throwIfAborted(task.signal, 'training');
      const indices = Array.from(order.subarray(i * batchSize, (i + 1) * batchSize));
      const results = await options.session.run(
        stepFeeds(options, state, indices, augmentation, step),
      );
      const loss = scalarOf(results[graph.loss]);
      if (!Number.isFinite(loss))
        throw new EngineError('train/diverged', {
          where: `epoch ${epoch}, step ${i + 1}`,
          detail: `the loss is ${loss}`,
          hint: 'Lower the learning rate',
        });
      lossSum += loss;
      correct += scalarOf(results[graph.metrics.get('correct') ?? '']);
      state = nextState(graph, results);
      step++;
      task.report({ phase: 'training', done: step, total });
      await task.breathe();
    }
    await options.onEpoch?.({
      epoch,
      steps: step,
      loss: lossSum / stepsPerEpoch,
      accuracy: correct / (stepsPerEpoch * batchSize),
      learningRate: options.learningRate(step - 1),
      state,
    });
  }
  return state;
}

export const initialState = (graph: TrainingGraph): TrainingState =>
  Object.fromEntries(
    graph.state.map((slot) => [
      slot.input,
      {
        dtype: 'float32',
        dims: slot.initial.dims,
        data: tensorBytes(slot.initial),
      } satisfies RuntimeTensor,
    ]),
  );

function stepFeeds(
  { graph, data, learningRate, averageDecay }: TrainOptions,
  state: TrainingState,
  indices: readonly number[],
  rng: Parameters<BatchSource['batch']>[1],
  step: number,
): Feeds {
  const { inputs, labels } = data.batch(indices, rng);
  const feeds: Record<string, RuntimeTensor> = { ...state, ...inputs };
  for (const name of graph.lossInputs) feeds[name] = labels;
  feeds[graph.learningRate] = scalarTensor(learningRate(step));
  for (const [name, at] of graph.scalars) feeds[name] = scalarTensor(at(step));
  if (graph.averageDecay !== undefined)
    feeds[graph.averageDecay] = scalarTensor(averageDecay?.(step) ?? 0);
  return feeds;
}

function nextState(
  graph: TrainingGraph,
  results: Readonly<Record<string, RuntimeTensor>>,
): TrainingState {
  const state: Record<string, RuntimeTensor> = {};
  for (const slot of graph.state) {
    const tensor = results[slot.output];
    if (tensor === undefined) throw new Error(`the training graph did not return ${slot.output}`);
    state[slot.input] = tensor;
  }
  return state;
}

const scalarTensor = (value: number): RuntimeTensor => ({
  dtype: 'float32',
  dims: [],
  data: new Uint8Array(Float32Array.of(value).buffer),
});

function scalarOf(tensor: RuntimeTensor | undefined): number {
  if (tensor?.dtype !== 'float32' || !(tensor.data instanceof Uint8Array)) return Number.NaN;
  const { data } = tensor;
  return new DataView(data.buffer, data.byteOffset, data.byteLength).getFloat32(0, true);
}
