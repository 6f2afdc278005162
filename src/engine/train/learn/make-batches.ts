import { EngineError, type Rng } from '../../core/index.ts';
import type { Feeds, RuntimeTensor } from '../../runtime/index.ts';
import { labelInput, labelShareInput, otherLabelInput } from '../losses/loss-inputs.ts';
import type { AugmentationSettings, ImageLayout, LearningData } from '../learning.ts';
import { betaSample } from './beta-sample.ts';
import { changeImage, drawImageChange } from './change-image.ts';
import { floatsOf, floatTensor } from './float-tensors.ts';

/** A batch as it is fed: the models' inputs, and the labels as inputs of the loss. */
export interface MadeBatch {
  readonly inputs: Feeds;
  readonly labels: Feeds;
}

/** Makes batches; `view` undefined: samples as they are. */
export type MakeBatch = (
  indices: readonly number[],
  view: number | undefined,
) => Promise<MadeBatch>;

export interface BatchOptions {
  readonly data: LearningData;
  readonly augmentation: AugmentationSettings;
  /** Samples that others are mixed with: those that train. */
  readonly partners: Uint32Array;
  readonly rng: Rng;
}

const changesPixels = ({
  shift,
  flip,
  crop,
  cutout,
  cutoutChance,
}: AugmentationSettings): boolean =>
  shift > 0 || flip || crop > 0 || (cutout > 0 && cutoutChance > 0);

export const isAugmented = (settings: AugmentationSettings): boolean =>
  changesPixels(settings) || settings.mixup > 0;

/**
 * A view of a sample is a function of (seed, sample, view) alone, whatever batch it is in: so what a teacher said of it can be kept, and a
 * resumed training sees the same. Mixup pairs every sample of a view with one partner for good; it takes numbers of any kind, while the
 * other changes take images.
 */
export function batchMaker(options: BatchOptions): MakeBatch {
  const { data, augmentation, partners } = options;
  const { image } = data;
  if (changesPixels(augmentation) && image === undefined)
    throw new EngineError('argument/invalid', {
      where: 'augmentation',
      detail: `${data.name} has no images of one size, which is what can be varied`,
    });
  const varied = (inputs: Feeds, rngs: readonly Rng[]): Feeds =>
    image === undefined || !changesPixels(augmentation)
      ? inputs
      : { ...inputs, [image.input]: changed(inputs, image, augmentation, rngs) };
  return async (indices, view) => {
    const { inputs, labels } = await data.batch(indices);
    if (view === undefined || !isAugmented(augmentation))
      return { inputs, labels: { [labelInput]: labels } };
    const rngs = indices.map((index) => options.rng.fork(`view ${view} of ${index}`));
    const own = varied(inputs, rngs);
    if (augmentation.mixup === 0) return { inputs: own, labels: { [labelInput]: labels } };
    const drawn = rngs.map((rng) => ({
      partner: partners[rng.integer(partners.length)] as number,
      share: betaSample(augmentation.mixup, rng),
    }));
    const other = await data.batch(drawn.map(({ partner }) => partner));
    const shares = Float32Array.from(drawn, ({ share }) => share);
    return {
      inputs: mixedFeeds(own, varied(other.inputs, rngs), shares, data.name),
      labels: {
        [labelInput]: labels,
        [otherLabelInput]: other.labels,
        [labelShareInput]: floatTensor([shares.length], shares),
      },
    };
  };
}

/** Every float32 input that holds a row a sample; refuses where there is none. */
function mixedFeeds(own: Feeds, other: Feeds, shares: Float32Array, name: string): Feeds {
  const pairs = Object.entries(own).flatMap(([input, tensor]) => {
    const partner = other[input];
    const mixes = tensor.dtype === 'float32' && tensor.dims[0] === shares.length;
    return mixes && partner !== undefined ? [[input, mixed(tensor, partner, shares)] as const] : [];
  });
  if (pairs.length === 0)
    throw new EngineError('argument/invalid', {
      where: 'augmentation',
      detail: `${name} has no numbers that could be mixed`,
    });
  return { ...own, ...Object.fromEntries(pairs) };
}

function changed(
  inputs: Feeds,
  image: ImageLayout,
  augmentation: AugmentationSettings,
  rngs: readonly Rng[],
): RuntimeTensor {
  const tensor = inputs[image.input];
  if (tensor?.dtype !== 'float32')
    throw new EngineError('data/mismatch', {
      where: `input "${image.input}"`,
      detail: `images are varied as float32, not ${tensor?.dtype ?? 'nothing'}`,
    });
  const source = floatsOf(tensor);
  const target = new Float32Array(source.length);
  const size = image.height * image.width * image.channels;
  rngs.forEach((rng, i) =>
    changeImage(
      source.subarray(i * size, (i + 1) * size),
      image,
      drawImageChange(augmentation, image, rng),
      target.subarray(i * size, (i + 1) * size),
    ),
  );
  return floatTensor(tensor.dims, target);
}

/** share · first + (1 - share) · second, per sample. */
function mixed(first: RuntimeTensor, second: RuntimeTensor, shares: Float32Array): RuntimeTensor {
  const [a, b] = [floatsOf(first), floatsOf(second)];
  const size = a.length / Math.max(1, shares.length);
  const values = a.map((value, i) => {
    const share = shares[Math.floor(i / size)] as number;
    return share * value + (1 - share) * (b[i] as number);
  });
  return floatTensor(first.dims, values);
}
