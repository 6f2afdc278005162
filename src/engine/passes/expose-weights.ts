import type { Model } from '../graph/index.ts';
import { hoistConstants } from './hoist-constants.ts';
import { unlistWeights } from './unlist-weights.ts';

/**
 * The form in which methods expect weights: plain initializers. To be done once before the first step of a recipe; a model that is in
 * that form already comes back as the same object, so that what no step touches stays byte-identical.
 */
export const exposeWeights = (model: Model): Model => unlistWeights(hoistConstants(model));
