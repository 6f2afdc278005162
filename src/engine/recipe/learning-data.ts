import { createRng, EngineError } from '../core/index.ts';
import {
  applyPreprocess,
  type InputSpec,
  type Preprocess,
  type RuntimeLikeTensor,
} from '../data/index.ts';
import { requiredInputs, type Model } from '../graph/index.ts';
import { defaultDims, syntheticInputs, type Feeds, type RuntimeTensor } from '../runtime/index.ts';
import { elementCount } from '../tensor/index.ts';
import type { Batch, ImageLayout, LearningData } from '../train/index.ts';
import { dataInput, inputSeed, type BoundData } from './inputs.ts';
import { tokenLearningData } from './token-learning-data.ts';

/**
 * Open data as what a model learns from: every sample that does not measure, the calibration ones first, in the split's order (seeded, in
 * class proportion). Each is decoded and preprocessed once and kept while there is room; labels count as the model counts classes.
 */
export async function learningData(
  model: Model,
  data: BoundData,
  dims: Readonly<Record<string, number>>,
): Promise<LearningData> {
  if (data.tokens !== undefined) return tokenLearningData(data, data.tokens);
  const { dataset, preprocess, split } = data;
  const indices = Uint32Array.from([...split.calibration, ...split.train]);
  const labels =
    dataset.labels &&
    Int32Array.from(indices, (at) => (dataset.labels?.[at] as number) + preprocess.classOffset);
  const common = { name: dataset.name, count: indices.length, labels };
  const filled = (own: Feeds, size: number): Feeds => withOtherInputs(model, own, dims, size);
  const spec = dataInput(model);
  const rowOf = rowReader(data, spec, indices);
  return {
    ...common,
    image: await imageLayout(data, spec),
    async batch(positions): Promise<Batch> {
      const rows = [];
      for (const position of positions) rows.push(await rowOf(position));
      return {
        inputs: filled({ [spec.name]: joined(rows, spec) }, positions.length),
        labels: labelTensor(positions, labels),
      };
    },
  };
}

/** Bytes of preprocessed samples kept. */
const keptBytes = 256 * 2 ** 20;

function rowReader(
  { dataset, preprocess }: BoundData,
  spec: InputSpec,
  indices: Uint32Array,
): (position: number) => Promise<Row> {
  const kept = new Map<number, Row>();
  let bytes = 0;
  return async (position) => {
    const known = kept.get(position);
    if (known !== undefined) return known;
    const index = indices[position];
    if (index === undefined) throw new RangeError(`there is no sample ${position}`);
    const row = bytesOf(applyPreprocess([await dataset.sample(index)], preprocess, spec), spec);
    if (bytes + row.data.length <= keptBytes) {
      kept.set(position, row);
      bytes += row.data.length;
    }
    return row;
  };
}

type Row = RuntimeLikeTensor & { readonly data: Uint8Array };

function bytesOf({ dtype, dims, data }: RuntimeLikeTensor, { name }: InputSpec): Row {
  if (data instanceof Uint8Array) return { dtype, dims, data };
  throw new EngineError('data/mismatch', {
    where: `input "${name}"`,
    detail: 'the model takes text, which no gradient reaches',
  });
}

/** Rows [1, …] one after another: [n, …]. */
function joined(rows: readonly Row[], spec: InputSpec): RuntimeTensor {
  const [first] = rows;
  if (first === undefined)
    throw new EngineError('data/empty', {
      where: `input "${spec.name}"`,
      detail: 'a batch of no samples',
    });
  const shape = first.dims.slice(1);
  const data = new Uint8Array(rows.length * first.data.length);
  rows.forEach((row, i) => {
    if (row.dims.slice(1).join() !== shape.join())
      throw new EngineError('data/mismatch', {
        where: `input "${spec.name}"`,
        detail: `samples of different shapes, ${shape.join('×')} and ${row.dims.slice(1).join('×')}`,
        hint: 'Choose "crop" or "stretch"',
      });
    data.set(row.data, i * first.data.length);
  });
  return { dtype: first.dtype, dims: [rows.length, ...shape], data };
}

/** int64 [n]; zeros where there are no labels: nothing reads them then. */
function labelTensor(positions: readonly number[], labels: Int32Array | undefined): RuntimeTensor {
  const values = BigInt64Array.from(positions, (at) => BigInt(labels?.[at] ?? 0));
  return { dtype: 'int64', dims: [positions.length], data: new Uint8Array(values.buffer) };
}

/** Inputs that data does not fill are made up, with as many samples as the batch has. */
function withOtherInputs(
  model: Model,
  own: Feeds,
  dims: Readonly<Record<string, number>>,
  size: number,
): Feeds {
  const missing = requiredInputs(model).filter(({ name }) => own[name] === undefined);
  if (missing.length === 0) return own;
  const batchNames = requiredInputs(model).flatMap(({ name, type }) => {
    const first = type?.kind === 'tensor' ? type.dims?.[0] : undefined;
    return typeof first === 'string' && own[name] !== undefined ? [first] : [];
  });
  const sized = { ...dims, ...Object.fromEntries(batchNames.map((name) => [name, size])) };
  const made = syntheticInputs(model, createRng(inputSeed), defaultDims(model, sized));
  return { ...made, ...own };
}

/** Where samples are pixels and the input takes them as float images of one size. */
async function imageLayout(
  { dataset, preprocess }: BoundData,
  spec: InputSpec,
): Promise<ImageLayout | undefined> {
  if (dataset.count === 0 || (spec.dtype !== 'float32' && spec.dtype !== 'float16'))
    return undefined;
  const sample = await dataset.sample(0);
  if (sample.kind !== 'pixels') return undefined;
  const { dims } = applyPreprocess([sample], preprocess, spec);
  if (dims.length !== 4) return undefined;
  const { layout } = preprocess;
  const [, a = 1, b = 1, c = 1] = dims;
  const [height, width, channels] = layout === 'NCHW' ? [b, c, a] : [a, b, c];
  if (elementCount([height, width]) <= 1) return undefined;
  return { input: spec.name, layout, height, width, channels, black: black(preprocess, channels) };
}

/** What byte 0 becomes: ((low) − mean) ÷ std, per channel. */
function black({ range, mean, std }: Preprocess, channels: number): number[] {
  const per = (values: readonly number[], channel: number, otherwise: number): number =>
    values[values.length === 1 ? 0 : channel] ?? otherwise;
  return Array.from(
    { length: channels },
    (_, channel) => (range[0] - per(mean, channel, 0)) / per(std, channel, 1),
  );
}
