import { createRng, EngineError, type Task } from '../core/index.ts';
import {
  batches,
  type Dataset,
  type InputSpec,
  type Preprocess,
  type Split,
  type TokenPlan,
} from '../data/index.ts';
import { requiredInputs, type Model, type Value } from '../graph/index.ts';
import { defaultDims, syntheticInputs, type Feeds } from '../runtime/index.ts';
import { sequenceKey } from './sequence-key.ts';

/** Data opened for a model: what a recipe is calibrated on and a variant measured on. */
export interface BoundData {
  readonly dataset: Dataset;
  readonly split: Split;
  readonly preprocess: Preprocess;
  /** For text: how it becomes the model's inputs. */
  readonly tokens?: TokenPlan;
}

/** The seed of everything made up (inputs, splits), apart from recipes: comparable numbers everywhere. */
export const inputSeed = 20_260_101;

/** Samples kept for calibration, none of which measures. */
export const calibrationSamples = 1024;

/** The input that samples go into: the first that must be given and looks like one; others are made up. */
export function dataInput(model: Model): InputSpec {
  const inputs = requiredInputs(model);
  const spec = inputs.map(specOf).find((candidate) => candidate !== undefined);
  if (spec === undefined)
    throw new EngineError('data/mismatch', {
      where: 'model inputs',
      detail: 'no input of the model takes a tensor of a known type',
      hint: 'Measure it on synthetic inputs',
    });
  return spec;
}

export function specOf(input: Value): InputSpec | undefined {
  if (input.type?.kind !== 'tensor' || input.type.dtype === undefined) return undefined;
  const dims = (input.type.dims ?? []).map((dim, axis) => dim ?? `${input.name}:${axis}`);
  return { name: input.name, dtype: input.type.dtype, dims };
}

/** Samples per run: what the model fixes, else `wanted`. */
export function batchSizeFor(
  model: Model,
  wanted: number,
): { readonly size: number; readonly pad: boolean } {
  const [first] = dataInput(model).dims;
  return typeof first === 'number' ? { size: first, pad: true } : { size: wanted, pad: false };
}

/** A batch's feeds, and made-up ones for the inputs that data does not fill. */
function allFeeds(model: Model, dims: Readonly<Record<string, number>>, own: Feeds): Feeds {
  if (requiredInputs(model).every(({ name }) => own[name] !== undefined)) return own;
  return { ...syntheticInputs(model, createRng(inputSeed), defaultDims(model, dims)), ...own };
}

/** One input for shapes, latency and profile: a real sample where there is data, else made up. */
export async function probeFeeds(
  model: Model,
  data: BoundData | undefined,
  dims: Readonly<Record<string, number>>,
): Promise<Feeds> {
  if (data === undefined)
    return syntheticInputs(model, createRng(inputSeed), defaultDims(model, dims));
  const spec = data.tokens?.inputs.ids ?? dataInput(model);
  const { size } = batchSizeFor(model, batchOf(spec, dims));
  const { dataset, indices, tokens } = await probeSamples(data, dims);
  const chosen = Uint32Array.from({ length: size }, (_, i) => indices[i % indices.length] ?? 0);
  for await (const batch of batches(dataset, chosen, data.preprocess, spec, {
    batchSize: size,
    tokens,
  }))
    return allFeeds(model, dims, batch.feeds);
  throw new EngineError('data/empty', { where: data.dataset.name, detail: 'no sample to run' });
}

interface ProbeSamples {
  readonly dataset: Dataset;
  readonly indices: Uint32Array;
  readonly tokens: TokenPlan | undefined;
}

/** Where to take the input from: of text, samples of the length that is set for the sequence, as far as the model reads. */
async function probeSamples(
  { dataset, split, tokens }: BoundData,
  dims: Readonly<Record<string, number>>,
): Promise<ProbeSamples> {
  const indices = split.calibration.length > 0 ? split.calibration : split.measure;
  const key = tokens && sequenceKey(tokens);
  const wanted = key === undefined ? undefined : dims[key];
  if (tokens === undefined || wanted === undefined) return { dataset, indices, tokens };
  const length = Math.min(wanted, tokens.length);
  return {
    dataset: shortened(dataset, tokens, length),
    indices: await longEnough(dataset, indices, length),
    tokens: { ...tokens, length },
  };
}

const looked = 64;

/** The first sample of that many tokens, else the longest of those looked at. */
async function longEnough(
  dataset: Dataset,
  indices: Uint32Array,
  length: number,
): Promise<Uint32Array> {
  let best = { index: indices[0] ?? 0, tokens: -1 };
  for (const index of indices.subarray(0, looked)) {
    const sample = await dataset.sample(index);
    const tokens = sample.kind === 'tokens' ? sample.ids.length : 0;
    if (tokens > best.tokens) best = { index, tokens };
    if (tokens >= length) break;
  }
  return Uint32Array.of(best.index);
}

/** Samples cut at `length` tokens; windows of a language model keep the one behind them, which is only asked for. */
function shortened(dataset: Dataset, { task, tokenizer }: TokenPlan, length: number): Dataset {
  return {
    ...dataset,
    async sample(index) {
      const sample = await dataset.sample(index);
      if (sample.kind !== 'tokens') return sample;
      const ids =
        task === 'language-model'
          ? sample.ids.slice(0, length + 1)
          : Int32Array.from(tokenizer.encodeSample(sample.text, length));
      return { ...sample, ids };
    },
  };
}

/** The batch size that the user set for an open first dimension; 1 unless set. */
function batchOf(spec: InputSpec, dims: Readonly<Record<string, number>>): number {
  const [first] = spec.dims;
  return typeof first === 'number' ? first : (dims[first ?? ''] ?? 1);
}

/** Calibration batches, in a fixed order, at most `calibrationSamples`; synthetic where there is no data. */
export async function* calibrationFeeds(
  model: Model,
  data: BoundData | undefined,
  dims: Readonly<Record<string, number>>,
  task: Task,
): AsyncGenerator<Feeds> {
  if (data === undefined) {
    const rng = createRng(inputSeed).fork('calibration');
    for (let i = 0; i < 16; i++)
      yield syntheticInputs(model, rng.fork(`batch ${i}`), defaultDims(model, dims));
    return;
  }
  const spec = data.tokens?.inputs.ids ?? dataInput(model);
  const { size, pad } = batchSizeFor(model, 32);
  const indices = data.split.calibration.subarray(0, calibrationSamples);
  for await (const batch of batches(data.dataset, indices, data.preprocess, spec, {
    batchSize: size,
    pad,
    tokens: data.tokens,
    task,
  }))
    yield allFeeds(model, dims, batch.feeds);
}
