import { EngineError } from '../core/index.ts';
import { dtypeTable } from '../tensor/index.ts';
import { mismatch } from './data-errors.ts';
import type { InputSpec, Preprocess, RawSample, RuntimeLikeTensor } from './dataset.ts';
import { fitDims, transposed } from './fit-dims.ts';
import { fitPixels, type FloatPixels } from './fit-pixels.ts';
import { writeElements } from './write-elements.ts';

/**
 * Raw samples to one input tensor, `[samples, …]`.
 *
 * Pixels: resized, brought to the channels asked for (grey = 0.299 R + 0.587 G + 0.114 B, as PIL's "L"), then per channel
 *   v = ((low + byte · (high − low) ÷ 255) − mean) ÷ std
 * and laid out NCHW or NHWC. Arrays are taken as they are. Both are then fitted to the input's shape (fit-dims.ts) and written in
 * its type. Throws `data/mismatch` when samples and input do not fit together.
 */
export function applyPreprocess(
  samples: readonly RawSample[],
  preprocess: Preprocess,
  input: InputSpec,
): RuntimeLikeTensor {
  const [first] = samples;
  if (first === undefined)
    throw new EngineError('data/empty', {
      where: `input "${input.name}"`,
      detail: 'a batch of no samples',
    });
  const prepared = samples.map((sample) => prepare(sample, preprocess, input));
  const shape = prepared[0]?.dims ?? [];
  const each = prepared[0]?.data.length ?? 0;
  const values = new Float32Array(each * samples.length);
  prepared.forEach(({ dims, data }, i) => {
    if (dims.join() !== shape.join())
      throw mismatch(
        `input "${input.name}"`,
        `samples of different shapes, ${shape.join('×')} and ${dims.join('×')}`,
        'Choose "crop" or "stretch"',
      );
    values.set(data, i * each);
  });
  checkIntegers(values, first, preprocess, input);
  const dims = input.dims.length === 0 ? [] : [samples.length, ...shape];
  return {
    dtype: input.dtype,
    dims,
    data: writeElements(input.dtype, values, `input "${input.name}"`),
  };
}

interface PreparedSample {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

function prepare(sample: RawSample, preprocess: Preprocess, input: InputSpec): PreparedSample {
  if (sample.kind === 'text' || sample.kind === 'tokens')
    throw mismatch(
      `input "${input.name}"`,
      'the data is text and the model takes numbers',
      'Text needs the tokenizer of its model',
    );
  const { dims, data } = sample.kind === 'array' ? sample : scaledPixels(sample, preprocess);
  const fit = fitDims(dims, input.dims);
  if (fit === undefined)
    throw mismatch(
      `input "${input.name}"`,
      `samples of ${dims.join('×')} (${describe(sample, preprocess)}) do not fit [${input.dims.join(', ')}]`,
    );
  return { dims: fit.dims, data: quantized(transposed(data, dims, fit.transpose), preprocess) };
}

const describe = (sample: RawSample, preprocess: Preprocess): string =>
  sample.kind === 'pixels' ? preprocess.layout.slice(1) : 'as stored';

function scaledPixels(
  sample: Extract<RawSample, { kind: 'pixels' }>,
  preprocess: Preprocess,
): PreparedSample {
  const pixels = toChannels(fitPixels(sample, preprocess), preprocess.channels);
  const { width, height, channels } = pixels;
  const planar = preprocess.layout === 'NCHW';
  const [low, high] = preprocess.range;
  const data = new Float32Array(pixels.data.length);
  const area = width * height;
  for (let channel = 0; channel < channels; channel++) {
    const mean = perChannel(preprocess.mean, channel, 0);
    const std = perChannel(preprocess.std, channel, 1);
    for (let i = 0; i < area; i++) {
      const byte = pixels.data[i * channels + channel] as number;
      data[planar ? channel * area + i : i * channels + channel] =
        (low + (byte * (high - low)) / 255 - mean) / std;
    }
  }
  return { dims: planar ? [channels, height, width] : [height, width, channels], data };
}

/** One number stands for all channels. */
const perChannel = (values: readonly number[], channel: number, otherwise: number): number =>
  values[values.length === 1 ? 0 : channel] ?? otherwise;

/** Alpha is dropped. */
function toChannels(pixels: FloatPixels, wanted: Preprocess['channels']): FloatPixels {
  const { width, height, channels: stored, data } = pixels;
  const channels = wanted === 'GRAY' ? 1 : 3;
  if ((stored === 1 && channels === 1) || (stored === 3 && wanted === 'RGB')) return pixels;
  const target = new Float32Array(width * height * channels);
  for (let i = 0; i < width * height; i++) {
    const at = i * stored;
    const red = data[at] as number;
    const green = stored === 1 ? red : (data[at + 1] as number);
    const blue = stored === 1 ? red : (data[at + 2] as number);
    if (channels === 1) target[i] = 0.299 * red + 0.587 * green + 0.114 * blue;
    else target.set(wanted === 'BGR' ? [blue, green, red] : [red, green, blue], i * 3);
  }
  return { width, height, channels, data: target };
}

function quantized(data: Float32Array, { quantization }: Preprocess): Float32Array {
  if (quantization === undefined) return data;
  const { scale, zeroPoint } = quantization;
  // The zero point is added after rounding; halves are rounded to even in write-elements, on an integer offset.
  return data.map((value) => value / scale + zeroPoint);
}

/** Fractions given to an integer input would silently become zeros and ones. */
function checkIntegers(
  values: Float32Array,
  sample: RawSample,
  preprocess: Preprocess,
  input: InputSpec,
): void {
  const { kind } = dtypeTable[input.dtype];
  if (
    (kind !== 'int' && kind !== 'uint') ||
    preprocess.quantization !== undefined ||
    sample.kind !== 'array'
  )
    return;
  const fraction = values.find((value) => !Number.isInteger(value));
  if (fraction !== undefined)
    throw mismatch(
      `input "${input.name}"`,
      `the model takes ${input.dtype} and the data holds fractions (${fraction})`,
      'Give the input\'s "quantization": { "scale": …, "zeroPoint": … } in the preprocessing',
    );
}
