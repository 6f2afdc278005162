import * as v from 'valibot';
import type { Field } from '../method.ts';

/**
 * Options that every step that trains has: what is learnt from (soft labels, hard labels), for how long and how. Defaults differ where a step
 * starts from something else (a new student, a model that needs repair), so the schema is a function of them.
 */
export interface LearningDefaults {
  readonly epochs: number;
  readonly augmentation: 'none' | 'light' | 'strong';
}

const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const count = (most: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(most));

export const learningEntries = (defaults: LearningDefaults) => ({
  /** Softens teacher and student alike before they are compared: above 1 the wrong classes count for more (Hinton et al. 2015). */
  temperature: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(20)), 4),
  /** Share of the teacher's soft labels in the loss; hard labels have the rest. Without labels the teacher has all of it. */
  alpha: v.optional(share, 0.9),
  /** `auto`: hard labels are used where the data has them and they fit the model. */
  labels: v.optional(v.picklist(['auto', 'none']), 'auto'),
  /**
   * What the outputs are. `auto` tells from the graph: class scores (soft labels over the last axis, or axis 1 of [N, C]), an
   * embedding (direction and values), or plain values such as boxes, heatmaps and images (mean squared error).
   */
  outputs: v.optional(v.picklist(['auto', 'classes', 'embedding', 'values']), 'auto'),
  epochs: v.optional(count(1000), defaults.epochs),
  /** Samples a step learns from. `auto`: 64, fewer where the set is so small that there would be few steps. */
  batchSize: v.optional(v.union([v.literal('auto'), count(1024)]), 'auto'),
  optimizer: v.optional(v.picklist(['adamw', 'sgd']), 'adamw'),
  /** The highest rate of the cosine schedule. `auto`: what suits the optimizer and the start. */
  learningRate: v.optional(
    v.union([v.literal('auto'), v.pipe(v.number(), v.gtValue(0), v.maxValue(10))]),
    'auto',
  ),
  /** Images only. `light`: moved by up to a fourteenth of their side. `strong`: mirrored and partly blanked as well. */
  augmentation: v.optional(v.picklist(['none', 'light', 'strong']), defaults.augmentation),
  /** Samples learnt from, at most: the first of a seeded order in class proportion. */
  samples: v.optional(count(10_000_000), 50_000),
});

/** Fields of the options above; the first ones are seen at once. */
export const learningFields: readonly Field[] = [
  { kind: 'slider', key: 'epochs', min: 1, max: 50, step: 1, unit: 'count' },
  { kind: 'slider', key: 'temperature', min: 1, max: 20, step: 0.5, unit: 'none' },
  { kind: 'slider', key: 'alpha', min: 0, max: 1, step: 0.05, unit: 'percent' },
  { kind: 'choice', key: 'labels', values: ['auto', 'none'], advanced: true },
  {
    kind: 'choice',
    key: 'outputs',
    values: ['auto', 'classes', 'embedding', 'values'],
    advanced: true,
  },
  { kind: 'choice', key: 'augmentation', values: ['none', 'light', 'strong'], advanced: true },
  { kind: 'choice', key: 'batchSize', values: ['auto', 16, 32, 64, 128, 256], advanced: true },
  { kind: 'choice', key: 'optimizer', values: ['adamw', 'sgd'], advanced: true },
  {
    kind: 'choice',
    key: 'learningRate',
    values: ['auto', 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1],
    advanced: true,
  },
  {
    kind: 'choice',
    key: 'samples',
    values: [1000, 2000, 5000, 10_000, 20_000, 50_000],
    advanced: true,
  },
];

/** The options above, parsed. */
export interface LearningOptions {
  readonly temperature: number;
  readonly alpha: number;
  readonly labels: 'auto' | 'none';
  readonly outputs: 'auto' | 'classes' | 'embedding' | 'values';
  readonly epochs: number;
  readonly batchSize: 'auto' | number;
  readonly optimizer: 'adamw' | 'sgd';
  readonly learningRate: 'auto' | number;
  readonly augmentation: 'none' | 'light' | 'strong';
  readonly samples: number;
}
