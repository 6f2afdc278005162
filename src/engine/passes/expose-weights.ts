import type { Model } from '../graph/index.ts';
import { hoistConstants } from './hoist-constants.ts';
import { unlistWeights } from './unlist-weights.ts';

/**
 * The form in which methods expect weights: plain initializers. To be done once before the first step of a recipe; a model that is in
 * that form already comes back as the same object, so that what no step touches stays byte-identical. Kept per model, for plans ask again
 * with every move of a slider.
 */
export function exposeWeights(model: Model): Model {
  const known = exposed.get(model);
  if (known !== undefined) return known;
  const made = unlistWeights(hoistConstants(model));
  exposed.set(model, made);
  return made;
}

const exposed = new WeakMap<Model, Model>();
