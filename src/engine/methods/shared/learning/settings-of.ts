import type { Rng } from '../../../core/index.ts';
import type { AugmentationSettings, ImageLayout, LearnSettings } from '../../../train/index.ts';
import type { LearningOptions } from '../learning-options.ts';

/** Where training starts from: weights that are right already bear a smaller rate than new ones. */
export type LearningStart = 'fresh' | 'cut' | 'coarse' | 'rounded' | 'near';

/** Peak of the cosine schedule, by optimizer and start. */
const peaks: Readonly<Record<LearningOptions['optimizer'], Record<LearningStart, number>>> = {
  adamw: { fresh: 3e-3, cut: 2e-3, coarse: 1e-3, rounded: 3e-4, near: 1e-4 },
  sgd: { fresh: 0.05, cut: 0.03, coarse: 0.01, rounded: 0.005, near: 0.002 },
};

export interface SettingsRequest {
  readonly options: LearningOptions;
  readonly start: LearningStart;
  readonly image: ImageLayout | undefined;
  /** Samples a model takes at once, where it fixes that: the wished batch is then gathered from several. */
  readonly fixedBatch: number | undefined;
  readonly count: number;
  readonly rng: Rng;
}

export function settingsOf(request: SettingsRequest): LearnSettings {
  const { options, start, image, fixedBatch, count, rng } = request;
  const validationShare = 0.1;
  // A set smaller than a batch still fills one.
  const most = Math.max(1, Math.floor(count * (1 - validationShare)));
  const wished = Math.min(options.batchSize, most);
  const batchSize = fixedBatch ?? wished;
  const learningRate =
    options.learningRate === 'auto' ? peaks[options.optimizer][start] : options.learningRate;
  return {
    epochs: options.epochs,
    batchSize,
    accumulate: fixedBatch === undefined ? 1 : Math.max(1, Math.round(wished / fixedBatch)),
    optimizer:
      options.optimizer === 'sgd'
        ? { kind: 'sgd', learningRate, momentum: 0.9, nesterov: true, weightDecay: 1e-4 }
        : { kind: 'adamw', learningRate, weightDecay: 1e-2 },
    schedule: 'cosine',
    warmup: 0.05,
    clipNorm: undefined,
    averageDecay: undefined,
    augmentation: augmentationOf(options.augmentation, image),
    validationShare,
    patience: undefined,
    batchNormalization: batchSize < 8 || isNear(start) ? 'frozen' : 'batch',
    seed: rng.integer(2 ** 31),
  };
}

/** The statistics of the file still hold, and those of one batch would only add noise. */
const isNear = (start: LearningStart): boolean => start === 'near' || start === 'rounded';

const none: AugmentationSettings = {
  shift: 0,
  flip: false,
  crop: 0,
  cutout: 0,
  cutoutChance: 0,
  mixup: 0,
};

/** `light` keeps what a digit or a label on a box means; mirroring does not. */
function augmentationOf(
  kind: LearningOptions['augmentation'],
  image: ImageLayout | undefined,
): AugmentationSettings {
  if (image === undefined || kind === 'none') return none;
  const side = Math.min(image.height, image.width);
  const light = { ...none, shift: Math.max(1, Math.round(side / 14)) };
  if (kind === 'light') return light;
  return { ...light, flip: true, cutout: Math.round(side / 4), cutoutChance: 0.5 };
}
