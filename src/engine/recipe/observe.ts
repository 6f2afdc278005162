import { createRng, type Task } from '../core/index.ts';
import { requiredInputs, type Model } from '../graph/index.ts';
import {
  accuracyOf,
  collectOutputs,
  measureFidelity,
  perplexityChange,
  perplexityOf,
  predict,
  type AccuracyMeasurement,
  type FidelityMeasurement,
  type OutputSet,
  type PerplexityMeasurement,
  type PredictionSet,
} from '../measure/index.ts';
import { defaultDims, syntheticInputs, type Feeds, type Session } from '../runtime/index.ts';
import { inputSeed, type BoundData } from './inputs.ts';

/** What a model gave for the measuring inputs: predictions where data fills its inputs, raw outputs on made-up inputs otherwise. */
export interface Observation {
  readonly outputs: OutputSet;
  readonly predictions: PredictionSet | undefined;
  readonly inputs: FidelityMeasurement['inputs'];
}

export interface ObserveRequest {
  readonly model: Model;
  readonly session: Session;
  readonly data: BoundData | undefined;
  readonly source: 'user' | 'sample';
  /** Samples of the measuring part to run, at most. */
  readonly samples: number;
  readonly dims: Readonly<Record<string, number>>;
  readonly task: Task;
}

/** Inputs made up to compare outputs on where there is no data. */
const syntheticRuns = 16;

export async function observe(request: ObserveRequest): Promise<Observation> {
  const { model, session, data, samples, dims, task } = request;
  if (data === undefined || (data.tokens === undefined && requiredInputs(model).length !== 1))
    return {
      outputs: await collectOutputs(session, madeUp(model, dims), task),
      predictions: undefined,
      inputs: 'synthetic',
    };
  const predictions = await predict({
    session,
    dataset: data.dataset,
    indices: data.split.measure.subarray(0, samples),
    preprocess: data.preprocess,
    tokens: data.tokens,
    dims,
    task,
  });
  return { outputs: predictions.outputs, predictions, inputs: request.source };
}

function* madeUp(model: Model, dims: Readonly<Record<string, number>>): Generator<Feeds> {
  const rng = createRng(inputSeed).fork('fidelity');
  for (let i = 0; i < syntheticRuns; i++)
    yield syntheticInputs(model, rng.fork(`run ${i}`), defaultDims(model, dims));
}

/** Accuracy where there are labels, perplexity of a language model, fidelity against the original always. */
export interface Quality {
  readonly accuracy: AccuracyMeasurement | undefined;
  readonly top5: AccuracyMeasurement | undefined;
  readonly perplexity: PerplexityMeasurement | undefined;
  readonly fidelity: FidelityMeasurement;
}

export const qualityOf = (original: Observation, variant: Observation): Quality => ({
  accuracy: variant.predictions && accuracyOf(variant.predictions, 'top1'),
  top5: variant.predictions && accuracyOf(variant.predictions, 'top5'),
  perplexity: perplexityAgainst(original, variant),
  fidelity: measureFidelity(original.outputs, variant.outputs, variant.inputs),
});

function perplexityAgainst(
  original: Observation,
  variant: Observation,
): PerplexityMeasurement | undefined {
  const [before, after] = [original.predictions, variant.predictions];
  const measured = after && perplexityOf(after);
  const change = before && after && before !== after ? perplexityChange(before, after) : undefined;
  return measured && change ? { ...measured, change } : measured;
}
