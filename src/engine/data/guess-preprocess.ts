import type { Dataset, GuessedPreprocess, InputSpec, Preprocess } from './dataset.ts';
import { dtypeTable } from '../tensor/index.ts';

/** What the model's file says of where it comes from, as far as its preprocessing shows in it. */
export interface ModelHints {
  /** `producer_name` of the file: `pytorch`, `tf2onnx`, `onnx-caffe2` … */
  readonly producer?: string;
  readonly graphName?: string;
  /** Operators that read the input directly. */
  readonly firstOps?: readonly string[];
  /** Where an integer input is dequantized at once, and by what. */
  readonly inputQuantization?: { readonly scale: number; readonly zeroPoint: number };
  /** Classes the model tells apart: the size of the last axis of its first output. */
  readonly outputClasses?: number;
}

export interface GuessRequest {
  readonly input: InputSpec;
  readonly dataset?: Pick<Dataset, 'kind' | 'sampleDims'>;
  readonly hints?: ModelHints;
}

type Guess<Key extends keyof Preprocess> = Pick<Preprocess, Key> & { readonly reason: string };
type Origin = 'tensorflow' | 'caffe' | 'darknet' | 'pytorch' | 'unknown';

/**
 * The preprocessing a model most likely wants, from its input, the data and its origin; each part with its ground in words.
 * It is a guess: shown as one, and the user may change every part.
 */
export function guessPreprocess({ input, dataset, hints = {} }: GuessRequest): GuessedPreprocess {
  const layout = guessLayout(input, hints);
  const size = guessSize(input, layout.layout, dataset);
  const channels = guessChannels(input, layout.layout, dataset, hints);
  const resize = guessResize(size.size, dataset);
  const scale = guessScale(input, size.size, channels.channels, hints);
  const offset = guessOffset(hints);
  const reasons = [layout, size, channels, resize, scale, offset].map(({ reason }) => reason);
  const asIs = dataset?.kind === 'arrays';
  const { reason: _reason, ...scaling } = scale;
  return {
    preprocess: {
      layout: layout.layout,
      size: size.size,
      resize: resize.resize,
      channels: channels.channels,
      ...scaling,
      classOffset: offset.classOffset,
      ...(hints.inputQuantization === undefined || !isInteger(input)
        ? {}
        : { quantization: hints.inputQuantization }),
    },
    reasons: asIs
      ? ['The data is numbers, not pixels: it is given to the model as it is.', offset.reason]
      : reasons,
  };
}

const isInteger = (input: InputSpec): boolean =>
  ['int', 'uint'].includes(dtypeTable[input.dtype].kind);
const isChannels = (size: number | string | undefined): boolean =>
  size === 1 || size === 3 || size === 4;

function originOf({ producer = '', graphName = '' }: ModelHints): Origin {
  const text = `${producer} ${graphName}`.toLowerCase();
  if (/tf2onnx|keras|tensorflow|tflite/.test(text)) return 'tensorflow';
  if (/caffe/.test(text)) return 'caffe';
  if (/darknet|yolo/.test(text)) return 'darknet';
  return /torch|timm|fastai/.test(text) ? 'pytorch' : 'unknown';
}

function guessLayout(input: InputSpec, hints: ModelHints): Guess<'layout'> {
  const [, second, , fourth] = input.dims;
  const shape = `[${input.dims.join(', ')}]`;
  if (input.dims.length === 4 && isChannels(second))
    return {
      layout: 'NCHW',
      reason: `Channels first: the input ${shape} has ${second} on its second axis.`,
    };
  if (input.dims.length === 4 && isChannels(fourth))
    return {
      layout: 'NHWC',
      reason: `Channels last: the input ${shape} has ${fourth} on its last axis.`,
    };
  if (originOf(hints) === 'tensorflow')
    return {
      layout: 'NHWC',
      reason: `Channels last: the input ${shape} does not say, and TensorFlow puts them there.`,
    };
  return {
    layout: 'NCHW',
    reason: `Channels first: the input ${shape} does not say, and most ONNX models have them there.`,
  };
}

function guessSize(
  input: InputSpec,
  layout: Preprocess['layout'],
  dataset: GuessRequest['dataset'],
): Guess<'size'> {
  const [height, width] =
    input.dims.length === 4
      ? layout === 'NCHW'
        ? input.dims.slice(2)
        : input.dims.slice(1, 3)
      : [];
  if (typeof height === 'number' && typeof width === 'number' && height > 0 && width > 0)
    return {
      size: [height, width],
      reason: `Size ${height}×${width}: the model's input is fixed to it.`,
    };
  const [storedHeight, storedWidth] = dataset?.kind === 'images' ? (dataset.sampleDims ?? []) : [];
  if (storedHeight !== undefined && storedWidth !== undefined)
    return {
      size: [storedHeight, storedWidth],
      reason: `Size ${storedHeight}×${storedWidth}: that of the images; the model takes any.`,
    };
  return {
    size: [224, 224],
    reason: 'Size 224×224: the commonest one; neither model nor data fix it.',
  };
}

function guessChannels(
  input: InputSpec,
  layout: Preprocess['layout'],
  dataset: GuessRequest['dataset'],
  hints: ModelHints,
): Guess<'channels'> {
  const asked = input.dims.length === 4 ? input.dims[layout === 'NCHW' ? 1 : 3] : undefined;
  const stored = dataset?.kind === 'images' ? dataset.sampleDims?.[2] : undefined;
  if (asked === 1) return { channels: 'GRAY', reason: 'Grey: the input has one channel.' };
  if (typeof asked !== 'number' && stored === 1)
    return { channels: 'GRAY', reason: 'Grey: the images are.' };
  if (originOf(hints) === 'caffe')
    return { channels: 'BGR', reason: 'Blue first (BGR): the model comes from Caffe.' };
  return { channels: 'RGB', reason: 'Red first (RGB): what all but Caffe models take.' };
}

function guessResize(
  [height, width]: Preprocess['size'],
  dataset: GuessRequest['dataset'],
): Guess<'resize'> {
  const [storedHeight, storedWidth] = dataset?.sampleDims ?? [];
  if (dataset?.kind === 'images' && storedHeight !== undefined && storedWidth !== undefined) {
    if (storedHeight === height && storedWidth === width)
      return { resize: 'none', reason: 'No resizing: the images have the size already.' };
    return {
      resize: 'stretch',
      reason: `Stretched from ${storedHeight}×${storedWidth}: the images are small and all alike.`,
    };
  }
  if (height !== width) return { resize: 'stretch', reason: 'Stretched: the input is not square.' };
  return {
    resize: 'crop',
    reason:
      'Centre crop of the image with its short side at size ÷ 0.875, as classifiers are tested.',
  };
}

const plain = { mean: [0], std: [1] };
const zeroToOne: Guess<'range' | 'mean' | 'std'> = { range: [0, 1], ...plain, reason: '' };
const imageNet = {
  range: [0, 1],
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
} as const;

function guessScale(
  input: InputSpec,
  [height]: Preprocess['size'],
  channels: Preprocess['channels'],
  hints: ModelHints,
): Guess<'range' | 'mean' | 'std'> {
  if (isInteger(input) && hints.inputQuantization === undefined) return integerScale(input);
  const [first] = hints.firstOps ?? [];
  if (first !== undefined && ['Sub', 'Mul', 'Div', 'Cast'].includes(first))
    return {
      range: [0, 255],
      ...plain,
      reason: `Bytes as they are: the model itself scales its input (${first}).`,
    };
  if (input.dims.length !== 4)
    return { ...zeroToOne, reason: 'Bytes ÷ 255: the usual for small models.' };
  if (channels === 'GRAY')
    return { ...zeroToOne, reason: 'Bytes ÷ 255: the usual for grey images.' };
  return colourScales[originOf(hints)](height);
}

function integerScale(input: InputSpec): Guess<'range' | 'mean' | 'std'> {
  if (input.dtype === 'int8')
    return { range: [-128, 127], ...plain, reason: 'Bytes − 128: the input takes signed bytes.' };
  return {
    range: [0, 255],
    ...plain,
    reason: `Bytes as they are: the input takes ${input.dtype}.`,
  };
}

const imageNetScale: Guess<'range' | 'mean' | 'std'> = {
  ...imageNet,
  reason:
    'Bytes ÷ 255, less ImageNet’s mean, by its spread: what PyTorch models of colour images take.',
};

const colourScales: Readonly<Record<Origin, (height: number) => Guess<'range' | 'mean' | 'std'>>> =
  {
    caffe: () => ({
      range: [0, 255],
      mean: [104, 117, 123],
      std: [1],
      reason: 'Bytes less the mean (104, 117, 123): Caffe’s ImageNet models.',
    }),
    tensorflow: (height) =>
      height >= 128
        ? { range: [-1, 1], ...plain, reason: 'Bytes ÷ 127.5 − 1: TensorFlow’s image models.' }
        : { ...zeroToOne, reason: 'Bytes ÷ 255: the usual for small TensorFlow models.' },
    darknet: () => ({ ...zeroToOne, reason: 'Bytes ÷ 255: Darknet’s models.' }),
    pytorch: () => imageNetScale,
    unknown: () => imageNetScale,
  };

function guessOffset({ outputClasses }: ModelHints): Guess<'classOffset'> {
  if (outputClasses === 1001)
    return {
      classOffset: 1,
      reason: 'Labels + 1: 1,001 classes are ImageNet’s 1,000 after a class for the background.',
    };
  return { classOffset: 0, reason: 'Labels are the model’s class indices.' };
}
