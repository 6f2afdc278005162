import type { Clock, Task } from '../core/index.ts';
import type { Model } from '../graph/index.ts';
import type { Runtime } from '../runtime/index.ts';
import type { Batch } from './batches.ts';
import type { Objective } from './objective.ts';

/**
 * The contract between what trains (`learn`), what asks for training (methods/distill, methods/recover), and what surrounds it
 * (studio, command line): data to learn from, how long and how, and a host that is told, can hold and end it, and keeps checkpoints.
 */

/** Samples to learn from. Never those that results are measured on. */
export interface LearningData {
  readonly name: string;
  readonly count: number;
  /** Class index per sample (as the model counts them); undefined: there are no labels. */
  readonly labels: Int32Array | undefined;
  /** The input that holds images, where samples are images of one size: what augmentation may change. */
  readonly image: ImageLayout | undefined;
  /** Samples by index, preprocessed, as feeds of the model's own inputs; `labels` (int64 [n]) where there are any. */
  batch(indices: readonly number[]): Promise<Batch>;
}

export interface ImageLayout {
  readonly input: string;
  readonly layout: 'NCHW' | 'NHWC';
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** What a black pixel is after preprocessing, per channel: fills what moves in. */
  readonly black: readonly number[];
}

/** How to learn. Defaults are the methods' (their options). */
export interface LearnSettings {
  readonly epochs: number;
  readonly batchSize: number;
  /** Batches whose gradients are averaged before a step, where a batch does not fit. 1: none. */
  readonly accumulate: number;
  readonly optimizer: OptimizerSettings;
  readonly schedule: 'cosine' | 'step' | 'constant';
  /** Share of all steps with a rising learning rate. */
  readonly warmup: number;
  /** Largest global L2 norm of a step's gradients; undefined: not clipped. */
  readonly clipNorm: number | undefined;
  /** Decay of the moving average of weights; undefined: none. */
  readonly averageDecay: number | undefined;
  readonly augmentation: AugmentationSettings;
  /** Share of the data kept for choosing the best epoch, 0..0.5. */
  readonly validationShare: number;
  /** Epochs without a better validation after which it ends; undefined: never. */
  readonly patience: number | undefined;
  readonly batchNormalization: 'batch' | 'frozen';
  /** Decides order, augmentation, split. */
  readonly seed: number;
}

export type OptimizerSettings =
  | {
      readonly kind: 'sgd';
      readonly learningRate: number;
      readonly momentum: number;
      readonly nesterov: boolean;
      readonly weightDecay: number;
    }
  | { readonly kind: 'adamw'; readonly learningRate: number; readonly weightDecay: number };

/** Pixels, chances. All zero and false: nothing is changed. */
export interface AugmentationSettings {
  readonly shift: number;
  readonly flip: boolean;
  /** Random crops after padding by this many pixels on each side. */
  readonly crop: number;
  /** Side of the square that is blanked (DeVries & Taylor 2017), and how often. */
  readonly cutout: number;
  readonly cutoutChance: number;
  /** α of mixup's Beta(α, α) (Zhang et al. 2018); 0: none. */
  readonly mixup: number;
}

export interface LearnRequest {
  /** Whose weights move; prepared for training (`prepareForTraining`), float32. */
  readonly student: Model;
  /** Constants that learn, by name; undefined: all trainable ones. */
  readonly trainable?: ReadonlySet<string> | undefined;
  /** Constants whose zeros stay zero, by name (pruned weights, N:M). */
  readonly masked?: ReadonlySet<string> | undefined;
  /** Whose outputs are targets; undefined: labels only. Its outputs are computed once per sample and kept. */
  readonly teacher: Model | undefined;
  readonly objective: Objective;
  readonly data: LearningData;
  readonly settings: LearnSettings;
  /** Which curve this is on the chart. */
  readonly run: TrainingRun;
  /** Names this training among checkpoints; the same key means the same request. */
  readonly key: string;
}

export interface Learned {
  /** The student with the best weights seen on validation (moving averages where kept). */
  readonly model: Model;
  readonly best: ValidationPoint | undefined;
  readonly teacher: number | undefined;
  readonly steps: number;
  /** Why it ended. */
  readonly ended: 'epochs' | 'patience' | 'finished by hand' | 'diverged';
}

export interface LearnContext {
  readonly runtime: Runtime;
  readonly task: Task;
  readonly host: TrainingHost;
}

export type TrainingRun = 'student' | 'control';

/** What the surroundings give to a training, which has no clock, no storage and no buttons of its own. */
export interface TrainingHost {
  readonly clock: Clock;
  /** Cheap, called often. */
  report(report: TrainingReport): void;
  /** Before every step: resolves at once, or when a pause ends. 'finish': stop here and keep the best. */
  gate(): Promise<'go-on' | 'finish'>;
  readonly checkpoints: CheckpointStore | undefined;
  /** How often a checkpoint is written. */
  readonly checkpointEveryMs: number;
}

export interface CheckpointStore {
  load(key: string): Promise<Uint8Array | undefined>;
  save(key: string, bytes: Uint8Array): Promise<void>;
  remove(key: string): Promise<void>;
}

/** Where a training stands. Complete each time: the newest replaces the one before, points are added to the curves. */
export interface TrainingReport {
  readonly run: TrainingRun;
  readonly phase: 'preparing' | 'asking-teacher' | 'training' | 'validating' | 'paused' | 'done';
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  readonly steps: number;
  /** Mean of the last steps; undefined before the first. */
  readonly loss: number | undefined;
  /** The weighted parts of the loss, by name. */
  readonly parts: Readonly<Record<string, number>>;
  readonly learningRate: number;
  readonly validation: ValidationPoint | undefined;
  readonly best: ValidationPoint | undefined;
  /** The teacher's score on the same validation samples. */
  readonly teacher: number | undefined;
  readonly samplesPerSecond: number | undefined;
  readonly etaMs: number | undefined;
}

export interface ValidationPoint {
  readonly epoch: number;
  readonly step: number;
  /** 'accuracy': share right of labelled samples. 'agreement': share with the teacher's top class. 'sqnr': dB against the teacher. */
  readonly metric: 'accuracy' | 'agreement' | 'sqnr' | 'perplexity';
  readonly value: number;
  readonly loss: number;
  /** How many samples it was taken on: tells a gain from chance. */
  readonly samples: number;
}
