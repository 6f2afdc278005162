import type { Rng } from '../../../core/index.ts';
import type { AugmentationSettings, ImageLayout, LearnSettings } from '../../../train/index.ts';
import type { LearningOptions } from '../learning-options.ts';

/** Where training starts from: the nearer the weights are to right ones, the smaller the rate they bear. */
export type LearningStart = 'fresh' | 'student' | 'cut' | 'coarse' | 'rounded' | 'near';

interface Peak {
  readonly adamw: number;
  readonly sgd: number;
}

/** Peak of the cosine schedule. */
const peaks: Readonly<Record<LearningStart, Peak>> = {
  fresh: { adamw: 2e-3, sgd: 0.02 },
  student: { adamw: 1.5e-3, sgd: 0.02 },
  cut: { adamw: 1.2e-3, sgd: 0.015 },
  coarse: { adamw: 1e-3, sgd: 0.01 },
  rounded: { adamw: 3e-4, sgd: 0.005 },
  near: { adamw: 1e-4, sgd: 0.002 },
};

/** What batch norms keep in bounds can learn as much faster. */
const normedPeaks: Readonly<Partial<Record<LearningStart, Peak>>> = {
  fresh: { adamw: 1e-2, sgd: 0.1 },
  student: { adamw: 1e-2, sgd: 0.1 },
  cut: { adamw: 5e-3, sgd: 0.05 },
};

/** At least 16 steps an epoch, as long as a batch keeps 16 samples: below, its statistics say little. */
const batchSizeOf = ({ batchSize }: LearningOptions, samples: number): number =>
  batchSize === 'auto' ? Math.max(16, Math.min(64, Math.floor(samples / 16))) : batchSize;

function peakOf({
  options,
  start,
  normed,
}: Pick<SettingsRequest, 'options' | 'start' | 'normed'>): number {
  if (options.learningRate !== 'auto') return options.learningRate;
  return ((normed ? normedPeaks[start] : undefined) ?? peaks[start])[options.optimizer];
}

export interface SettingsRequest {
  readonly options: LearningOptions;
  readonly start: LearningStart;
  /** The model has norms of batches. */
  readonly normed: boolean;
  readonly image: ImageLayout | undefined;
  /** Samples a model takes at once, where it fixes that: the wished batch is then gathered from several. */
  readonly fixedBatch: number | undefined;
  /** Samples that memory bears at once; undefined: any. */
  readonly mostAtOnce?: number | undefined;
  /** The teacher alone says what is right, and samples are numbers: what lies between two of them is a sample as well. */
  readonly mixes: boolean;
  readonly count: number;
  readonly rng: Rng;
}

export function settingsOf(request: SettingsRequest): LearnSettings {
  const { options, start, fixedBatch, count, rng } = request;
  const validationShare = 0.1;
  // A set smaller than a batch still fills one.
  const most = Math.max(1, Math.floor(count * (1 - validationShare)));
  const wished = Math.min(batchSizeOf(options, most), most);
  const batchSize = fixedBatch ?? Math.min(wished, request.mostAtOnce ?? wished);
  const frozen = batchSize < 8 || isNear(start);
  const normed = request.normed && !frozen;
  const learningRate = peakOf({ ...request, normed });
  return {
    epochs: options.epochs,
    batchSize,
    accumulate: Math.max(1, Math.round(wished / batchSize)),
    optimizer:
      options.optimizer === 'sgd'
        ? { kind: 'sgd', learningRate, momentum: 0.9, nesterov: true, weightDecay: 1e-4 }
        : { kind: 'adamw', learningRate, weightDecay: 1e-2 },
    schedule: 'cosine',
    warmup: 0.05,
    // Nothing else holds a step back where no norm of batches does.
    clipNorm: normed ? undefined : 1,
    averageDecay: undefined,
    augmentation: augmentationOf(options.augmentation, request),
    validationShare,
    patience: undefined,
    batchNormalization: frozen ? 'frozen' : 'batch',
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

/**
 * `light` keeps what a digit or a label on a box means; mirroring does not. What a teacher answers to mixtures of samples tells more of it than
 * its answers to a small set alone (Beyer et al. 2022, arXiv:2106.05237, "function matching": mixup with all shares alike, α = 1); where
 * samples are no images nothing else can be varied.
 */
function augmentationOf(
  kind: LearningOptions['augmentation'],
  { image, mixes }: Pick<SettingsRequest, 'image' | 'mixes'>,
): AugmentationSettings {
  if (kind === 'none') return none;
  const mixup = mixes && (kind === 'strong' || image === undefined) ? 1 : 0;
  if (image === undefined) return { ...none, mixup };
  const side = Math.min(image.height, image.width);
  const light = { ...none, shift: Math.max(1, Math.round(side / 14)) };
  if (kind === 'light') return light;
  return { ...light, flip: true, cutout: Math.round(side / 4), cutoutChance: 0.5, mixup };
}
