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

export const isAugmented = ({
  shift,
  flip,
  crop,
  cutout,
  cutoutChance,
  mixup,
}: AugmentationSettings): boolean =>
  shift > 0 || flip || crop > 0 || (cutout > 0 && cutoutChance > 0) || mixup > 0;

/**
 * A view of a sample is a function of (seed, sample, view) alone, whatever batch it is in: so what a teacher said of it can be kept, and a
 * resumed training sees the same. Mixup pairs every sample of a view with one partner for good.
 */
export function batchMaker(options: BatchOptions): MakeBatch {
  const { data, augmentation } = options;
  const { image } = data;
  if (isAugmented(augmentation) && image === undefined)
    throw new EngineError('argument/invalid', {
      where: 'augmentation',
      detail: `${data.name} has no images of one size, which is what can be varied`,
    });
  return async (indices, view) => {
    const batch = await data.batch(indices);
    if (view === undefined || image === undefined || !isAugmented(augmentation))
      return { inputs: batch.inputs, labels: { [labelInput]: batch.labels } };
    const rngs = indices.map((index) => options.rng.fork(`view ${view} of ${index}`));
    const pixels = changed(batch.inputs, image, augmentation, rngs);
    if (augmentation.mixup === 0)
      return {
        inputs: { ...batch.inputs, [image.input]: pixels },
        labels: { [labelInput]: batch.labels },
      };
    const drawn = rngs.map((rng) => ({
      partner: options.partners[rng.integer(options.partners.length)] as number,
      share: betaSample(augmentation.mixup, rng),
    }));
    const other = await data.batch(drawn.map(({ partner }) => partner));
    const otherPixels = changed(other.inputs, image, augmentation, rngs);
    const shares = Float32Array.from(drawn, ({ share }) => share);
    return {
      inputs: { ...batch.inputs, [image.input]: mixed(pixels, otherPixels, shares) },
      labels: {
        [labelInput]: batch.labels,
        [otherLabelInput]: other.labels,
        [labelShareInput]: floatTensor([shares.length], shares),
      },
    };
  };
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

/** share · first + (1 - share) · second, per image; written into `first`. */
function mixed(first: RuntimeTensor, second: RuntimeTensor, shares: Float32Array): RuntimeTensor {
  const a = floatsOf(first);
  const b = floatsOf(second);
  const size = a.length / Math.max(1, shares.length);
  for (let i = 0; i < a.length; i++) {
    const share = shares[Math.floor(i / size)] as number;
    a[i] = share * (a[i] as number) + (1 - share) * (b[i] as number);
  }
  return floatTensor(first.dims, a);
}
