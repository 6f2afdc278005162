import * as v from 'valibot';
import type { Field } from '../method.ts';
import { learningEntries, learningFields } from '../shared/learning-options.ts';

/**
 * The compressed model learns from the original what it lost: zeros stay zero, cut channels stay cut, and weights that were rounded
 * learn with their rounding in view (Jacob et al. 2018, arXiv:1712.05877) and are then rounded again.
 */
export const recoverSchema = v.object({
  method: v.literal('recover'),
  ...learningEntries({ epochs: 4, augmentation: 'light' }),
  /** `all`: every trainable constant. `weights`: kernels and matrices alone, biases and norms stay. `norms`: the other way round. */
  learn: v.optional(v.picklist(['all', 'weights', 'norms']), 'all'),
});
export type RecoverOptions = v.InferOutput<typeof recoverSchema>;

export const recoverFields: readonly Field[] = [
  ...learningFields,
  { kind: 'choice', key: 'learn', values: ['all', 'weights', 'norms'], advanced: true },
];
